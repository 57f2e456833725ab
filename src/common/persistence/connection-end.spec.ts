import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Pool } from 'pg';
import { ConnectionWatch } from './connection-watch.js';

/** A message of PostgreSQL's protocol: its type, its length and what is in it. */
function message(type: string, body: Buffer | string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)]);
}

const WELCOME = [message('R', Buffer.alloc(4)), message('Z', 'I')];
const FAREWELL = message('E', 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');

describe('a connection that is ended in the moment it is made', () => {
  let server: Server;
  let pool: Pool;

  beforeEach(async () => {
    // All in one piece, as a server does that is told to stop while connections are made. No real one can be timed so.
    server = createServer((socket) => {
      socket.once('data', () => socket.end(Buffer.concat([...WELCOME, FAREWELL])));
      socket.on('error', () => undefined);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    pool = new Pool({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ssl: false });
    pool.on('error', () => undefined);
  });

  afterEach(async () => {
    await pool.end();
    server.close();
  });

  it('ends nothing else: its user meets the loss', async () => {
    ConnectionWatch.of(pool);
    const client = await pool.connect();
    try {
      await expect(client.query('SELECT 1')).rejects.toThrow(/connection/i);
    } finally {
      client.release(true);
    }
  });
});
