import { connect } from 'amqplib';
import { Redis } from 'ioredis';

const PATIENCE_MS = 5_000;
const OLDEST_RABBITMQ = [3, 10] as const;

/** @throws when nothing answers, it refuses us, or it is older than Waybill's queues need */
export async function rabbitMqAnswers(url: string): Promise<void> {
  const connection = await connect(url, { timeout: PATIENCE_MS });
  connection.on('error', () => undefined); // It may die while we say goodbye.
  const { version } = connection.connection.serverProperties;
  await connection.close();
  if (isTooOld(version))
    throw new UnsuitableServer(`this is RabbitMQ ${version}, and Waybill needs 3.10 or newer`);
}

/** @throws when nothing answers or it refuses us */
export async function redisAnswers(url: string): Promise<void> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
  });
  let reason: Error | undefined;
  redis.on('error', (error: Error) => (reason = error));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw reason ?? error; // ioredis itself rejects with "Connection is closed."
  } finally {
    redis.disconnect();
  }
}

/** It answers, and waiting will not make it fit. */
export class UnsuitableServer extends Error {}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major < OLDEST_RABBITMQ[0] || (major === OLDEST_RABBITMQ[0] && minor < OLDEST_RABBITMQ[1]);
}
