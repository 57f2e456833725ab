import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 5_000;
const RETRY_MS = 50;

/**
 * Makes sure that one gateway at a time writes a ledger, and answers how to let go.
 *
 * A gateway whose parent was killed may still be ending when its successor starts, hence the patience. The lock is a
 * socket in Linux's abstract namespace: the kernel frees it with the process, however that ends, and no file stays.
 * Other systems have no such thing and go without a lock.
 */
export async function lockLedger(path: string, patienceMs = PATIENCE_MS): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return () => Promise.resolve();
  const name = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 32);
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const holder = await tryListen(`\0waybill-mock-gateway-${name}`);
    if (holder !== null) return () => new Promise((done) => holder.close(() => done()));
    if (performance.now() >= giveUpAt) {
      throw new Error(
        `Another mock gateway is writing ${path}: stop it, or set GATEWAY_LEDGER to another file.`,
      );
    }
    await sleep(RETRY_MS);
  }
}

function tryListen(path: string): Promise<Server | null> {
  return new Promise((resolveServer, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolveServer(null);
      else reject(error);
    });
    server.listen({ path }, () => resolveServer(server));
    server.unref();
  });
}
