import { WebSocket } from 'ws';

export interface LiveMessage {
  type: string;
  code?: string;
  data?: Record<string, unknown>;
}

/** Somebody listening on `WS /ws`, who remembers what they heard. */
export class LiveClient {
  readonly heard: LiveMessage[] = [];
  /** The code with which the connection was closed. */
  readonly closed: Promise<number>;
  private readonly socket: WebSocket;

  constructor(url: string, token?: string) {
    this.socket = new WebSocket(
      `${url.replace('http', 'ws')}/ws`,
      token === undefined ? [] : ['waybill', token],
    );
    this.socket.on('message', (data: Buffer) =>
      this.heard.push(JSON.parse(data.toString('utf8')) as LiveMessage),
    );
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
  }

  async say(message: unknown): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve) => this.socket.once('open', resolve));
    }
    this.socket.send(JSON.stringify(message));
  }

  /** What it heard of one order. */
  of(orderId: unknown): string[] {
    return this.heard.filter(({ data }) => data?.['orderId'] === orderId).map(({ type }) => type);
  }

  get types(): string[] {
    return this.heard.map(({ type }) => type);
  }

  close(): void {
    this.socket.close();
  }
}
