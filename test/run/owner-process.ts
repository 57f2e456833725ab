import { dirname } from 'node:path';
import { startRabbitMq } from '../../lab/services/rabbitmq.js';
import { startRedis } from '../../lab/services/redis.js';
import { rabbitForTest } from '../services.js';
import { BrokerDesk, DESK } from './broker-desk.js';
import type { Owned } from './service-owner.js';

/** Starts a service, says its pid, and waits; see service-owner.ts. */
async function main(): Promise<void> {
  const [kind, folder = ''] = process.argv.slice(2);
  const service = await start(kind, folder);
  const wait = setInterval(() => undefined, 60_000);
  const leave = () => process.exit();
  process.once('disconnect', leave); // The test is over, and has failed.
  process.once('SIGUSR2', () => {
    clearInterval(wait);
    process.off('disconnect', leave);
    process.disconnect();
  });
  process.send?.(service);
}

async function start(kind: string | undefined, folder: string): Promise<Owned> {
  if (kind === 'desk') {
    await new BrokerDesk().open();
    const { url } = await rabbitForTest();
    return { url, pid: 0, folder: dirname(process.env[DESK] ?? '') };
  }
  const { url, pid } = await (kind === 'redis' ? startRedis : startRabbitMq)({ folder });
  return { url, pid, folder };
}

void main();
