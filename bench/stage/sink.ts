import { join } from 'node:path';
import { Child } from '../../lab/child.js';
import { freePort } from '../../lab/free-port.js';
import type { Keeper } from '../../lab/keeper.js';
import { ROOT } from '../../lab/member.js';

export interface Sink {
  url: string;
  pid: number;
  stop(): Promise<unknown>;
}

/** A collector that takes everything and keeps nothing. */
export async function startSink(keeper: Keeper): Promise<Sink> {
  const port = await freePort();
  return new Promise((resolve, reject) => {
    const child = Child.start({
      args: [join(ROOT, 'scripts/run-ts.js'), join(ROOT, 'bench/stage/sink-process.ts')],
      env: { SINK_PORT: String(port) },
      cwd: ROOT,
      keeper,
      onLine: (_line, stream) =>
        stream === 'stdout' &&
        resolve({ url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stop: () => child.end(1000) }),
    });
    void child.exited.then(() => reject(new Error(`The sink ended at its start:\n${child.output}`)));
  });
}
