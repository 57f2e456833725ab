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

/** Whether events arrive, or why not: no connection, or too many pages of this user that have one. */
export type Connection = 'up' | 'lost' | 'crowded';

/** Null while nobody is logged in. */
export const connection = new Store<Connection | null>(null);

/** What a page wants to hear of beside orders: asked for each time that there is a connection, until it is left. */
interface Interest {
  type: string;
  ask: object;
  stop: object;
  hear: (data: unknown) => void;
}

const interests = new Set<Interest>();
let ready: WebSocket | null = null;

/** False when there is no connection. */
export function say(message: object): boolean {
  if (ready?.readyState !== WebSocket.OPEN) return false;
  ready.send(JSON.stringify(message));
  return true;
}

export function follow(interest: Interest): () => void {
  interests.add(interest);
  say(interest.ask);
  return () => {
    interests.delete(interest);
    say(interest.stop);
  };
}

interface Listener {
  onOrder: (change: OrderChange) => void;
  /** For staff: stock has moved. */
  onStock: () => void;
  /** Somebody was told something; of an order, or of none. */
  onNotification: (about: { orderId: string | null }) => void;
  /** Connected, perhaps again: what happened meanwhile has been missed. */
  onReady: () => void;
}

/** Why the server closed a connection. */
const UNAUTHORIZED = 4401;
const TOO_MANY_CONNECTIONS = 4429;
const LONGEST_WAIT_MS = 5000;

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
    if (token === undefined) {
      connection.set('lost');
      return later();
    }
    const mine = new WebSocket(`${window.location.origin.replace(/^http/, 'ws')}/ws`);
    socket = mine;
    mine.addEventListener('open', () => mine.send(JSON.stringify({ type: 'auth', token })));
    mine.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as { type: string; data: unknown };
      if (message.type === 'ready') {
        attempts = 0;
        connection.set('up');
        ready = mine;
        for (const { ask } of interests) say(ask);
        listener.onReady();
      } else if (message.type.startsWith('orders.')) listener.onOrder(message.data as OrderChange);
      else if (message.type.startsWith('inventory.')) listener.onStock();
      else if (message.type === 'notifications.sent')
        listener.onNotification(message.data as { orderId: string | null });
      for (const { type, hear } of interests) if (type === message.type) hear(message.data);
    });
    mine.addEventListener('close', ({ code }) => {
      if (socket !== mine) return;
      socket = null;
      // Every few minutes a token is over, and the next one takes its place: nothing for people to know of.
      if (code === UNAUTHORIZED) distrust(token);
      else connection.set(code === TOO_MANY_CONNECTIONS ? 'crowded' : 'lost');
      later();
    });
  };

  const start = () => {
    close();
    attempts = 0;
    connection.set(null);
    void open();
  };
  session.subscribe(start);
  window.addEventListener('online', () => {
    if (socket) return;
    window.clearTimeout(timer);
    void open();
  });
  start();
}
