import { distrust, freshToken, session } from './api/client';
import type { components } from './api/schema';
import { Store } from './store';

export interface OrderChange {
  orderId: string;
  number: string;
  userId: string;
  status: components['schemas']['Order']['status'];
  total: components['schemas']['Money'];
}

/** Whether events arrive; null while nobody is logged in. */
export const connected = new Store<boolean | null>(null);

interface Listener {
  onOrder: (change: OrderChange) => void;
  /** Staff hear of the stock too. */
  onStock: () => void;
  /** Connected, perhaps again: what happened meanwhile has been missed. */
  onReady: () => void;
}

const UNAUTHORIZED = 4401;
const LONGEST_WAIT_MS = 15_000;

/** Listens to the events of whoever is logged in, for as long as somebody is. */
export function listen(listener: Listener): void {
  let socket: WebSocket | null = null;
  let timer: number | undefined;
  let attempts = 0;

  const close = () => {
    window.clearTimeout(timer);
    const old = socket;
    socket = null;
    old?.close();
  };

  const later = () => {
    const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempts) * (0.5 + Math.random() / 2);
    attempts += 1;
    timer = window.setTimeout(() => void open(), wait);
  };

  const open = async () => {
    const user = session.get();
    if (typeof user === 'string') return;
    const token = await freshToken().catch(() => undefined);
    if (token === null || session.get() !== user || socket) return;
    if (token === undefined) return later();
    const mine = new WebSocket(`${window.location.origin.replace(/^http/, 'ws')}/ws`);
    socket = mine;
    mine.addEventListener('open', () => mine.send(JSON.stringify({ type: 'auth', token })));
    mine.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as { type: string; data: OrderChange };
      if (message.type === 'ready') {
        attempts = 0;
        connected.set(true);
        listener.onReady();
      } else if (message.type.startsWith('orders.')) listener.onOrder(message.data);
      else if (message.type.startsWith('inventory.')) listener.onStock();
    });
    mine.addEventListener('close', ({ code }) => {
      if (socket !== mine) return;
      socket = null;
      connected.set(false);
      if (code === UNAUTHORIZED) distrust(token);
      later();
    });
  };

  const follow = () => {
    close();
    attempts = 0;
    connected.set(null);
    void open();
  };
  session.subscribe(follow);
  window.addEventListener('online', () => {
    if (socket) return;
    window.clearTimeout(timer);
    void open();
  });
  follow();
}
