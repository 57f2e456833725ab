import { z } from 'zod';
import { MAX_DELAY_MS } from './faults.js';
import { createGateway } from './server.js';

/** The mock gateway as a process of its own. See README.md for its environment. */
async function main(): Promise<void> {
  const settings = readSettings();
  const gateway = await createGateway({
    ledgerPath: settings.GATEWAY_LEDGER,
    delayMs: settings.GATEWAY_DELAY_MS,
  });

  let ending = false;
  const end = (graceMs?: number) => {
    if (ending) return;
    ending = true;
    gateway.close(graceMs).then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', () => end());
  process.on('SIGINT', () => end());
  if (settings.GATEWAY_EXIT_WITH_PARENT) {
    process.on('disconnect', () => end(0));
    if (process.send !== undefined && !process.connected) return end(0); // it died while we were starting
  }

  const port = await gateway.listen(settings.GATEWAY_PORT, settings.GATEWAY_HOST);
  process.stdout.write(
    `Mock gateway on http://${settings.GATEWAY_HOST}:${port}, ledger in ${settings.GATEWAY_LEDGER}\n`,
  );
  if (process.connected) process.send?.({ type: 'listening', port });
}

const settingsSchema = z.object({
  GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(8010),
  GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  GATEWAY_LEDGER: z.string().min(1).default('.data/gateway/ledger.jsonl'),
  GATEWAY_DELAY_MS: z.coerce.number().int().min(0).max(MAX_DELAY_MS).default(0),
  GATEWAY_EXIT_WITH_PARENT: z
    .enum(['0', '1'])
    .default('0')
    .transform((value) => value === '1'),
});

function readSettings() {
  // An empty variable is what compose files make of one that is not set.
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const { success, data, error } = settingsSchema.safeParse(given);
  if (success) return data;
  throw new Error(`The environment is not in order:\n${z.prettifyError(error)}`);
}

function fail(error: unknown): never {
  process.stderr.write(`Mock gateway: ${describe(error)}\n`);
  process.exit(1);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE') {
    return 'the port is in use: end the process that has it, or set GATEWAY_PORT to another one.';
  }
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

main().catch(fail);
