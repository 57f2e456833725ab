import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Child } from '../child.js';
import { freePort } from '../free-port.js';
import type { Keeper } from '../keeper.js';
import { ROOT } from '../member.js';
import type { LocalService } from '../services/local-service.js';

const ENTRY = join(ROOT, 'dist/mock-gateway/main.js');
const END_MS = 5000;

export interface GatewayOptions {
  /** The file of its ledger, kept between runs. */
  ledger: string;
  keeper: Keeper;
  /** How long it takes for each answer about money; 0 where left out. */
  delayMs?: number;
}

/** The mock payment gateway, one for all processes, on a port that stays the same when it is started again. */
export async function startGateway(options: GatewayOptions): Promise<LocalService> {
  mkdirSync(dirname(options.ledger), { recursive: true });
  const port = await freePort();
  let child = await launch(port, options);
  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return child.pid ?? 0;
    },
    start: async () => {
      if (!child.running) child = await launch(port, options);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await child.exited;
    },
    stop: async () => {
      await child.end(END_MS);
    },
  };
}

async function launch(port: number, { ledger, keeper, delayMs = 0 }: GatewayOptions): Promise<Child> {
  return new Promise((resolve, reject) => {
    const child = Child.start({
      args: [ENTRY],
      env: { GATEWAY_PORT: String(port), GATEWAY_LEDGER: ledger, GATEWAY_DELAY_MS: String(delayMs) },
      cwd: ROOT,
      keeper,
      // It says one thing, when it listens.
      onLine: (_line, stream) => stream === 'stdout' && resolve(child),
    });
    void child.exited.then(() => reject(new Error(`The mock gateway ended at its start:\n${child.output}`)));
  });
}
