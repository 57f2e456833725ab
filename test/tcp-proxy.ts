import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Which way bytes go: `out` to the server, `in` back from it. */
export type Way = 'in' | 'out';

/** A wire to a server that a test can cut. */
export interface TcpProxy {
  /** The server's URL, with the proxy's address in it. */
  url: string;
  /** Connections that clients have at the moment. */
  readonly open: number;
  /** Bytes vanish from now on, also on connections that are still to come; nobody is told. */
  swallow(...ways: Way[]): void;
  /** Each piece is held up for so long. */
  slow(milliseconds: number): void;
  /** Bytes pass again. Connections that have lost some are not mended. */
  pass(): void;
  /** All connections end at once, as when the process at the other end was killed. */
  reset(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let swallowed: readonly Way[] = [];
  let delay = 0;

  const carry = (from: Socket, to: Socket, way: Way) => {
    // One after the other: the stream keeps its order.
    let carried = Promise.resolve();
    from.on('data', (bytes) => {
      if (swallowed.includes(way)) return;
      const arrival = performance.now() + delay;
      carried = carried.then(async () => {
        const left = arrival - performance.now();
        if (left > 0) await sleep(left);
        to.write(bytes);
      });
    });
    from.on('error', () => undefined);
    from.once('close', () => {
      sockets.delete(from);
      if (!swallowed.includes(way)) void carried.then(() => to.destroy());
    });
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    sockets.add(client).add(upstream);
    clients.add(client);
    client.once('close', () => clients.delete(client));
    carry(client, upstream, 'out');
    carry(upstream, client, 'in');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: url.href,
    get open() {
      return clients.size;
    },
    swallow: (...ways) => {
      swallowed = ways;
    },
    slow: (milliseconds) => {
      delay = milliseconds;
    },
    pass: () => {
      swallowed = [];
      delay = 0;
    },
    reset,
    close: async () => {
      reset();
      server.close();
      await once(server, 'close');
    },
  };
}
