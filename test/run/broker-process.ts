import { rmSync } from 'node:fs';
import { type RabbitMq, startRabbitMq } from '../../lab/services/rabbitmq.js';

/** To the run: the broker's URL and its virtual hosts, or why there is none. */
export type FromBroker = { url: string; vhosts: readonly string[] } | { error: string };
/** From the run: a virtual host that nobody uses any more. */
export interface ToBroker {
  drop: string;
}

/** Each costs the broker 20 ms of its boot. */
const VHOSTS = 64;

/**
 * Runs the broker of one Jest run, as a process of its own that outlives Jest's workers and ends with the run. Then it
 * deletes the run's folder, whose path is its argument: nobody else may be left to do so.
 */
async function main(): Promise<void> {
  const folder = process.argv[2] ?? '';
  const vhosts = Array.from({ length: VHOSTS }, (_, index) => `test-${index}`);
  const starting = startRabbitMq({ folder, vhosts });
  let ending = false;
  let drops = Promise.resolve();
  const end = async () => {
    if (ending) return;
    ending = true;
    await drops;
    await starting.then((broker) => broker.stop()).catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  };
  process.on('disconnect', () => void end());
  process.on('SIGTERM', () => void end());
  process.on('message', ({ drop: vhost }: ToBroker) => {
    drops = drops.then(async () => {
      if (!ending) await dropVhost(await starting, vhost);
    });
  });
  try {
    tell({ url: (await starting).url, vhosts });
  } catch (error) {
    tell({ error: error instanceof Error ? error.message : String(error) });
    await end();
  }
}

/** One that cannot be dropped harms nobody, and at the end of the run all go together. */
async function dropVhost(broker: RabbitMq, vhost: string): Promise<void> {
  await broker.ctl('delete_vhost', vhost).catch(() => undefined);
}

function tell(message: FromBroker): void {
  if (process.connected) process.send?.(message);
}

void main();
