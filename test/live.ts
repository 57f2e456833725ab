import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface LiveMessage {
  type: string;
  data?: unknown;
  code?: string;
}

/** A WebSocket client that keeps what it is sent. */
export class Live {
  private readonly messages: LiveMessage[] = [];
  private waiting: (() => void) | null = null;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as LiveMessage);
      this.waiting?.();
    });
  }

  /** The first message of a type, now or within ten seconds. */
  async next(type: string): Promise<LiveMessage> {
    const end = Date.now() + 10_000;
    for (;;) {
      const found = this.messages.findIndex((message) => message.type === type);
      const [message] = found === -1 ? [] : this.messages.splice(found, 1);
      if (message) return message;
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no ${type} was pushed; there were ${this.messages.map((each) => each.type).join(', ')}`);
      await Promise.race([
        new Promise<void>((resolve) => {
          this.waiting = resolve;
        }),
        new Promise((resolve) => setTimeout(resolve, left)),
      ]);
    }
  }

  close(): void {
    this.socket.close();
  }
}

/** Connects to /ws, authenticates and waits until it is ready. */
export async function listen(url: string, token: string): Promise<Live> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
  const live = new Live(socket);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'auth', token }));
  await live.next('ready');
  return live;
}
