import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** Sockets that share the port. */
const SOCKETS = 128;
/** While it closes, how often it looks for connections that have become idle. */
const CLOSE_IDLE_MS = 20;

/**
 * Listens with several sockets on one port. In each turn of its loop Node takes one new connection from a socket
 * that listens (libuv/libuv#3696), and a turn of a busy process is long: with one socket, clients that connect would
 * wait for many seconds in the kernel's queue, where nobody can refuse them. Elsewhere than on Linux it is one socket.
 */
export async function listenWide(app: NestFastifyApplication, port: number, host: string): Promise<void> {
  const reusePort = process.platform === 'linux';
  const more: Server[] = [];
  const claim = reusePort && port !== 0 ? await claimPort(host, port) : undefined;
  const http = app.getHttpServer();
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  // The server serves their connections, and yet would not wait for them when it closes.
  fastify.addHook('preClose', async () => {
    const closed = more.map((each) => once(each.close(), 'close'));
    const closing = setInterval(() => http.closeIdleConnections(), CLOSE_IDLE_MS);
    await Promise.all(closed);
    clearInterval(closing);
    claim?.close();
  });
  // A variable, since Fastify's type does not know of all that Node's server takes.
  const options = { port, host, reusePort };
  await app.listen(options);
  if (!reusePort) return;
  const address = http.address() as AddressInfo;
  for (let count = 1; count < SOCKETS; count++) {
    const server = createServer({ noDelay: true }, (socket: Socket) => http.emit('connection', socket));
    server.listen({ port: address.port, host: address.address, reusePort });
    await once(server, 'listening');
    more.push(server);
  }
}

/**
 * Sockets that share a port keep out those that do not, and let in all that do: another Waybill would get a part of
 * the clients. So one process claims the port first, by a name in Linux's abstract namespace, which the kernel frees
 * with the process. A port that the kernel picks (0) it gives to nobody else.
 */
async function claimPort(host: string, port: number): Promise<Server> {
  const claim = createServer((socket) => socket.destroy()).unref();
  claim.listen({ path: `\0waybill-port-${host}-${port}` });
  await once(claim, 'listening');
  return claim;
}
