import { startRabbitMq } from '../../lab/services/rabbitmq.js';
import { startRedis } from '../../lab/services/redis.js';

/** Starts a service, says its pid, and waits; see service-owner.ts. */
async function main(): Promise<void> {
  const [kind, folder = ''] = process.argv.slice(2);
  const service = await (kind === 'redis' ? startRedis : startRabbitMq)({ folder });
  const wait = setInterval(() => undefined, 60_000);
  process.once('SIGUSR2', () => {
    clearInterval(wait);
    process.disconnect();
  });
  process.send?.({ pid: service.pid });
}

void main();
