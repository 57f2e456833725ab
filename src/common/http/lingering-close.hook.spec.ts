import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FastifyInstance, fastify as createFastify } from 'fastify';
import { answeredIn, useLingeringClose } from './lingering-close.hook.js';

const LIMIT = 1000;

describe('a body that is refused before its end', () => {
  let fastify: FastifyInstance;
  let port: number;
  let took: number;

  beforeEach(async () => {
    fastify = createFastify({ bodyLimit: LIMIT });
    useLingeringClose(fastify);
    fastify.addHook('onResponse', (_request, reply, done) => {
      took = answeredIn(reply);
      done();
    });
    fastify.post('/', () => 'taken');
    fastify.get('/', () => 'read');
    fastify.post(
      '/closed',
      { onRequest: (_request, reply) => void reply.code(503).send('full') },
      () => 'taken',
    );
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    ({ port } = fastify.server.address() as AddressInfo);
  });
  afterEach(() => fastify.close());

  /** A client that has sent this and has not begun to read. */
  async function client(framing: string, request = 'POST /'): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port });
    socket
      .pause()
      .write(`${request} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`);
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

  it.each([
    ['that nobody wanted', 'GET /', 'Transfer-Encoding: chunked', /^HTTP\/1\.1 200 /],
    ['that was refused at the door', 'POST /closed', 'Transfer-Encoding: chunked', /^HTTP\/1\.1 503 /],
    ['announced as larger than is taken', 'POST /closed', 'Content-Length: 50000000000', /^HTTP\/1\.1 503 /],
  ])('is not read for ever %s', async (_what, request, framing, answer) => {
    const socket = await client(framing, request);
    let heard = '';
    socket.on('data', (data: Buffer) => (heard += String(data))).on('error', () => undefined);
    socket.resume();
    const sending = setInterval(() => socket.write(piece), 20);
    await once(socket, 'close');
    clearInterval(sending);
    expect(heard).toMatch(answer);
    expect(took).toBeLessThan(1000);
  });

  it('leaves a connection open whose body is short, though nobody wanted it', async () => {
    const socket = await client(`Content-Length: ${LIMIT}`, 'POST /closed');
    const [answer] = (await once(socket.resume(), 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 503 [^]*keep-alive/);
    socket.write(`${'x'.repeat(LIMIT)}GET / HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [next] = (await once(socket, 'data')) as [Buffer];
    expect(String(next)).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it('leaves a connection open that is answered after its body', async () => {
    const socket = await client('Content-Length: 2');
    socket.write('{}');
    const [answer] = (await once(socket.resume(), 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 [^]*keep-alive[^]*taken$/);
    socket.destroy();
  });
});
