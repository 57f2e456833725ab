import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { DatabaseProbe } from './database-probe.js';

/** What PostgreSQL says first when it lets somebody in, and that it is ready for a question. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

describe('DatabaseProbe', () => {
  const sockets = new Set<Socket>();
  let server: Server;

  /** A server that lets everybody in as PostgreSQL would, and never answers a question. */
  async function silentServer(welcome: Buffer | null): Promise<string> {
    server = createServer((socket) => {
      sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
      if (welcome) socket.once('data', () => socket.write(welcome)).on('data', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `postgresql://waybill:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}/waybill`;
  }

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });

  it('gives up a question that is not answered, and its connection', async () => {
    const probe = new DatabaseProbe(await silentServer(WELCOME), 'orders');
    await expect(probe.ask(AbortSignal.timeout(50))).rejects.toThrow('does not answer');
    while (sockets.size > 0) await once([...sockets][0] as Socket, 'close');
  });

  it('gives up a server that accepts connections and says nothing', async () => {
    const probe = new DatabaseProbe(await silentServer(null), 'orders');
    await expect(probe.ask(AbortSignal.timeout(50))).rejects.toThrow('cannot be reached');
  });

  it('says nothing of the address or the user', async () => {
    const url = await silentServer(null);
    server.close();
    const error = await new DatabaseProbe(url, 'orders')
      .ask(AbortSignal.timeout(50))
      .catch((thrown: unknown) => thrown);
    expect(String(error)).toBe('Error: cannot be reached');
  });
});
