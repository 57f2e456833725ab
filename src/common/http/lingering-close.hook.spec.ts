import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FastifyInstance, fastify as createFastify } from 'fastify';
import { useLingeringClose } from './lingering-close.hook.js';

const LIMIT = 1000;

describe('a body that is refused before its end', () => {
  let fastify: FastifyInstance;
  let port: number;

  beforeEach(async () => {
    fastify = createFastify({ bodyLimit: LIMIT });
    useLingeringClose(fastify);
    fastify.post('/', () => 'taken');
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    ({ port } = fastify.server.address() as AddressInfo);
  });
  afterEach(() => fastify.close());

  /** A client that has sent this and has not begun to read. */
  async function client(framing: string): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port });
    socket
      .pause()
      .write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`);
    await once(socket, 'connect');
    return socket;
  }

  const piece = `${LIMIT.toString(16)}\r\n${'x'.repeat(LIMIT)}\r\n`;

  it.each([
    ['in pieces', 'Transfer-Encoding: chunked', piece],
    ['announced', `Content-Length: ${5 * LIMIT}`, 'x'.repeat(LIMIT)],
  ])('is answered to one who reads only when all is sent, %s', async (_how, framing, part) => {
    const socket = await client(framing);
    for (let count = 0; count < 5; count += 1) {
      socket.write(part);
      await sleep(30);
    }
    if (framing.startsWith('Transfer')) socket.write('0\r\n\r\n');
    let heard = '';
    socket.on('data', (data: Buffer) => (heard += String(data))).resume();
    await once(socket, 'close'); // Rejects when the connection is reset.
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(JSON.parse(heard.slice(heard.indexOf('\r\n\r\n')))).toMatchObject({ statusCode: 413 });
  });

  it('is not read for ever', async () => {
    const socket = await client('Transfer-Encoding: chunked');
    socket.on('error', () => undefined).resume();
    const sending = setInterval(() => socket.write(piece), 20);
    await once(socket, 'close');
    clearInterval(sending);
  });

  it('leaves a connection open that is answered after its body', async () => {
    const socket = await client('Content-Length: 2');
    socket.write('{}');
    const [answer] = (await once(socket.resume(), 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 [^]*keep-alive[^]*taken$/);
    socket.destroy();
  });
});
