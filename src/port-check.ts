import { once } from 'node:events';
import { createServer } from 'node:net';

/** Rejects when the address cannot be listened on: better known before a database is started than after. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const probe = createServer().listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}
