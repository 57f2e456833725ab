import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Sends an order on, under another key if it likes, and answers what it likes; null: nothing. */
export type Trick = (
  send: (key?: string) => Promise<Passed>,
  response: ServerResponse,
  count: number,
) => Promise<Passed | null>;

interface Passed {
  status: number;
  body: Buffer;
}

/** A reverse proxy that does to the orders of its clients what no proxy should. */
export class Doorway {
  /** Null: honest. The orders are counted from 1 since it was set. */
  private trick: Trick | null = null;
  private count = 0;

  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async open(target: string): Promise<Doorway> {
    const server = createServer((asked, response) => {
      doorway.serve(target, asked, response).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const doorway = new Doorway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    });
    return doorway;
  }

  play(trick: Trick | null): void {
    this.trick = trick;
    this.count = 0;
  }

  private async serve(target: string, asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(asked);
    const send = (key?: string) => pass(target, asked, body, key);
    const isOrder = asked.method === 'POST' && asked.url === '/api/v1/orders';
    const passed = this.trick && isOrder ? await this.trick(send, response, ++this.count) : await send();
    if (passed) response.writeHead(passed.status, { 'content-type': 'application/json' }).end(passed.body);
  }
}

async function pass(
  target: string,
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  key?: string,
): Promise<Passed> {
  const own = { ...headers, host: new URL(target).host, ...(key ? { 'idempotency-key': key } : {}) };
  const onward = request(target + url, { method, headers: own });
  onward.end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: await buffer(answer) };
}
