import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Config } from '../config/config.js';
import { createHttpAdapter } from './http-adapter.js';

describe('a request that does not arrive', () => {
  let adapter: FastifyAdapter;
  let port: number;

  beforeAll(async () => {
    adapter = createHttpAdapter(new Config({}));
    const fastify = adapter.getInstance() as unknown as FastifyInstance;
    fastify.post('/', () => 'taken');
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    ({ port } = fastify.server.address() as AddressInfo);
  });
  afterAll(() => adapter.close());

  it.concurrent.each([
    ['whose head is half', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Le'],
    [
      'whose body is half',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"',
    ],
  ])(
    '%s is told so and cut off, also when its client keeps its side open',
    async (_what, sent) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
      socket.write(sent);
      let heard = '';
      socket.on('data', (data: Buffer) => (heard += String(data)));
      await once(socket, 'end');
      expect(heard).toMatch(/^HTTP\/1\.1 408 [^]*"code":"REQUEST\.TIMEOUT"/);
      // Only a connection that is cut refuses what is written to it.
      const cut = new Promise((resolve) => socket.once('error', resolve));
      const writing = setInterval(() => socket.write('x'), 100);
      await cut;
      clearInterval(writing);
      socket.destroy();
    },
    30_000,
  );
});
