import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelModel, connect } from 'amqplib';
import {
  callsQueue,
  deadLetterQueue,
  DELAYS,
  delayName,
  eventsQueue,
  HEADERS,
} from '../../src/common/messaging/rabbitmq/names.js';
import type { BrokerView, DeadLetter, QueueView } from './evidence.js';
import { CALLED, SUBSCRIBERS } from './subscribers.js';

export interface BrokerOptions {
  url: string;
  /** How many processes host a module; one, where it is left out. */
  replicas?: Readonly<Partial<Record<string, number>>>;
  /** Ids of the messages that a test has made die on purpose. */
  planted?: readonly string[];
  /** How many messages consumers have in hand: AMQP itself does not tell. */
  unacknowledged?: () => Promise<number>;
}

const CONSUMERS = [...new Set(Object.values(SUBSCRIBERS).flat())];
/** Processes at rest call each other now and then. What is there at each of several looks is left behind. */
const LOOKS = 3;
const LOOK_MS = 300;
const CONNECT_MS = 5000;

/** All queues there should be, and how many consumers each must have. */
function expected({ replicas = {} }: BrokerOptions): Map<string, number> {
  const of = (module: string) => replicas[module] ?? 1;
  return new Map([
    ...CONSUMERS.map((module): [string, number] => [eventsQueue(module), of(module)]),
    ...CALLED.map((module): [string, number] => [callsQueue(module), of(module)]),
    ...DELAYS.map((seconds): [string, number] => [delayName(seconds), 0]),
  ]);
}

/** Queues and dead letters when all is at rest. It takes nothing away. */
export function lookAtBroker(options: BrokerOptions): Promise<BrokerView> {
  return connected(options.url, async (connection) => {
    const rest = await atRest(connection, options);
    const deadLetters: DeadLetter[] = [];
    for (const module of CONSUMERS) deadLetters.push(...(await peek(connection, module)));
    return { ...rest, deadLetters, planted: options.planted ?? [] };
  });
}

/** What is not yet as it should be, in words. */
export function stirringAt(options: BrokerOptions): Promise<string[]> {
  return connected(options.url, async (connection) =>
    (await queuesNow(connection, options)).flatMap(({ name, messages, consumers, expected: due }) => [
      ...(messages > 0 ? [`${messages} messages in ${name}`] : []),
      ...(consumers === due ? [] : [`${consumers} instead of ${due} consumers at ${name}`]),
    ]),
  );
}

/** The quietest of several looks. */
async function atRest(
  connection: ChannelModel,
  options: BrokerOptions,
): Promise<Pick<BrokerView, 'queues' | 'unacknowledged'>> {
  let queues = await queuesNow(connection, options);
  let unacknowledged = (await options.unacknowledged?.()) ?? 0;
  for (let look = 1; look < LOOKS; look += 1) {
    if (unacknowledged === 0 && queues.every(({ messages }) => messages === 0)) break;
    await sleep(LOOK_MS);
    const least = new Map(queues.map(({ name, messages }) => [name, messages]));
    queues = (await queuesNow(connection, options)).map((queue) => ({
      ...queue,
      messages: Math.min(queue.messages, least.get(queue.name) ?? 0),
    }));
    unacknowledged = Math.min(unacknowledged, (await options.unacknowledged?.()) ?? 0);
  }
  return { queues, unacknowledged };
}

function queuesNow(connection: ChannelModel, options: BrokerOptions): Promise<QueueView[]> {
  return Promise.all(
    [...expected(options)].map(async ([name, due]) => {
      const { messageCount, consumerCount } = await countsOf(connection, name);
      return { name, messages: messageCount, consumers: consumerCount, expected: due };
    }),
  );
}

/** One that is not there is empty. To ask for it costs the channel. */
async function countsOf(connection: ChannelModel, queue: string) {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    const counts = await channel.checkQueue(queue);
    await channel.close();
    return counts;
  } catch (error) {
    if ((error as { code?: number }).code !== 404) throw error;
    return { messageCount: 0, consumerCount: 0 };
  }
}

/** Reads the dead letters of a module; with the end of the channel the broker has them back. */
async function peek(connection: ChannelModel, module: string): Promise<DeadLetter[]> {
  const queue = deadLetterQueue(module);
  if ((await countsOf(connection, queue)).messageCount === 0) return [];
  const channel = await connection.createChannel();
  const letters: DeadLetter[] = [];
  for (let message = await channel.get(queue); message; message = await channel.get(queue)) {
    const { messageId, headers } = message.properties as {
      messageId?: string;
      headers?: Record<string, unknown>;
    };
    const reason = headers?.[HEADERS.reason];
    letters.push({
      module,
      id: messageId ?? '',
      reason: typeof reason === 'string' ? reason : 'put aside by the broker',
    });
  }
  await channel.close();
  return letters;
}

async function connected<T>(url: string, use: (connection: ChannelModel) => Promise<T>): Promise<T> {
  const connection = await connect(url, { timeout: CONNECT_MS });
  // It may die while it is looked at; then the calls on it fail.
  connection.on('error', () => undefined);
  try {
    return await use(connection);
  } finally {
    await connection.close().catch(() => undefined);
  }
}
