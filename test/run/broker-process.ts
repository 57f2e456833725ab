import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RabbitMq, startRabbitMq } from '../../lab/services/rabbitmq.js';

/** To the run: the broker's URL and its virtual hosts, or why there is none. */
export type FromBroker = { url: string; vhosts: readonly string[] } | { error: string };
/** From the run: a virtual host that nobody uses any more. */
export interface ToBroker {
  drop: string;
}

/** Each costs the broker 20 ms of its boot. */
const VHOSTS = 64;

/** Runs the broker of one Jest run, as a process of its own that outlives Jest's workers, and ends with the run. */
async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-broker-'));
  chmodSync(folder, 0o755);
  const vhosts = Array.from({ length: VHOSTS }, (_, index) => `test-${index}`);
  let broker: RabbitMq | undefined;
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  };
  process.on('disconnect', () => void end());
  process.on('SIGTERM', () => void end());
  process.on(
    'message',
    ({ drop }: ToBroker) => void broker?.ctl('delete_vhost', drop).catch(() => undefined),
  );
  try {
    broker = await startRabbitMq({ folder, vhosts });
    if (ending || !process.connected) return;
    tell({ url: broker.url, vhosts });
  } catch (error) {
    tell({ error: error instanceof Error ? error.message : String(error) });
    await end();
  }
}

function tell(message: FromBroker): void {
  process.send?.(message);
}

void main();
