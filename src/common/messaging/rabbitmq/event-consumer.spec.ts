import { Logger } from '@nestjs/common';
import { type Channel, type ChannelModel, connect, type GetMessage } from 'amqplib';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.js';
import { startPostgres } from '../../../../test/postgres.js';
import { rabbitForTest, type TestBroker } from '../../../../test/services.js';
import { Unavailable } from '../../errors/common.errors.js';
import { defineEvents, type EventEnvelope, event } from '../contract.js';
import { Inbox } from '../inbox.js';
import { newEvent } from '../outbox.js';
import { Broker } from './broker.js';
import { EventConsumer } from './event-consumer.js';
import { deadLetterQueue, EVENTS_EXCHANGE, eventsQueue, HEADERS, MAX_MESSAGE_BYTES } from './names.js';
import { Publisher } from './publisher.js';
import { RabbitEventBus } from './rabbit-event-bus.js';

const Events = defineEvents('alpha', {
  happened: event({ payload: z.object({ id: z.string() }), key: ({ id }) => id }),
  unheard: event({ payload: z.object({ id: z.string() }), key: ({ id }) => id }),
});
const BETA = { module: 'beta', consumes: [Events.happened] };
const QUEUE = eventsQueue('beta');
const DEAD = deadLetterQueue('beta');

const happened = (id: string) => newEvent(Events.happened, { id });
const idOf = ({ payload }: EventEnvelope) => (payload as { id: string }).id;

describe('an event over RabbitMQ', () => {
  let rabbit: TestBroker;
  let brokers: Broker[];
  let connection: ChannelModel;
  /** Sees what is at the broker. */
  let stranger: Channel;
  let publisher: Publisher;
  let bus: RabbitEventBus;
  /** What was delivered, in order. */
  let heard: string[];
  let finishAll: () => void;
  let finished: Promise<void>;

  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(async () => {
    rabbit = await rabbitForTest();
    brokers = [];
    heard = [];
    finished = new Promise((resolve) => {
      finishAll = resolve;
    });
    connection = await connect(rabbit.url);
    stranger = await connection.createChannel();
    publisher = new Publisher(await startBroker(), [BETA]);
    bus = new RabbitEventBus(publisher, [BETA]);
    await set(brokers[0]);
  });

  afterEach(async () => {
    finishAll();
    await connection.close();
    await Promise.all(brokers.map((broker) => broker.close()));
    await rabbit.release();
  });

  const set = (broker: Broker | undefined) => eventually(() => expect(broker?.complete).toBe(true));
  const startBroker = async (): Promise<Broker> => {
    const broker = new Broker(rabbit.url, 'test');
    brokers.push(broker);
    await broker.connect();
    return broker;
  };
  /** As in a process of its own. */
  const startConsumer = async (
    take: (envelope: EventEnvelope) => Promise<void> | void = () => undefined,
    maxAttempts = 10,
  ) => {
    const broker = await startBroker();
    const deliver = async (_: string, envelope: EventEnvelope) => {
      heard.push(idOf(envelope));
      await take(envelope);
    };
    const consumer = new EventConsumer(broker, BETA, publisher, deliver, maxAttempts);
    await set(broker);
    return { consumer, broker };
  };
  const hears = (...ids: string[]) => eventually(() => expect(heard.toSorted()).toEqual(ids));
  const waiting = async (queue: string) => (await stranger.checkQueue(queue)).messageCount;
  const takeFrom = (queue: string): Promise<GetMessage> =>
    eventually(async () => {
      const message = await stranger.get(queue, { noAck: true });
      if (!message) throw new Error(`${queue} is empty`);
      return message;
    });

  it('waits for a module that was never started', async () => {
    await bus.publish(happened('a'));
    expect(await waiting(QUEUE)).toBe(1);
    await startConsumer();
    await hears('a');
  });

  it('without a subscriber is published without complaint', async () => {
    await bus.publish(newEvent(Events.unheard, { id: 'a' }));
  });

  it('is persistent, and says what it is', async () => {
    const envelope = happened('a');
    await bus.publish(envelope);
    const { properties, content } = await takeFrom(QUEUE);
    expect(properties).toMatchObject({
      deliveryMode: 2,
      messageId: envelope.id,
      type: 'alpha.happened',
      contentType: 'application/json',
    });
    expect(JSON.parse(content.toString())).toEqual(envelope);
  });

  it('is forgotten by the broker only when it is taken in: one that a dead process had comes again', async () => {
    const first = await startConsumer(() => finished);
    await bus.publish(happened('a'));
    await hears('a');
    await first.broker.close();
    const { consumer } = await startConsumer();
    await hears('a', 'a');
    await consumer.stop();
    await eventually(async () => expect(await waiting(QUEUE)).toBe(0));
  });

  it('that fails comes again after a second, then after two, and then is dead with its reason', async () => {
    const times: number[] = [];
    await startConsumer((envelope) => {
      if (idOf(envelope) !== 'poison') return;
      times.push(performance.now());
      throw new RangeError('no such policy');
    }, 3);
    const poison = happened('poison');
    await bus.publish(poison);
    for (const id of ['b', 'c', 'd']) await bus.publish(happened(id));
    await hears('b', 'c', 'd', 'poison');
    const { properties, content } = await takeFrom(DEAD);
    const [first = 0, second = 0, third = 0] = times;
    expect(times).toHaveLength(3);
    expect(second - first).toBeGreaterThan(900);
    expect(third - second).toBeGreaterThan(1900);
    expect(JSON.parse(content.toString())).toEqual(poison);
    expect(properties.messageId).toBe(poison.id);
    expect(properties.headers).toMatchObject({
      [HEADERS.attempts]: 3,
      [HEADERS.reason]: 'RangeError: no such policy',
    });
    const { [HEADERS.diedAt]: diedAt } = properties.headers as Record<string, string>;
    expect(z.iso.datetime().safeParse(diedAt).success).toBe(true);
  });

  it.each([
    ['as its module says', new Unavailable('the database is away')],
    ['as a read finds it', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
  ])('is not blamed for something else being away, %s', async (_, failure) => {
    let away = true;
    await startConsumer(() => {
      if (away) throw failure;
    }, 1);
    await bus.publish(happened('a'));
    await hears('a');
    away = false;
    await hears('a', 'a');
    expect(await waiting(DEAD)).toBe(0);
  });

  it('comes again however often it has waited before', async () => {
    // As RabbitMQ writes it down. To one that has been here already it would put an end, as to a circle.
    const death = (queue: string) => ({
      count: 12,
      reason: 'expired',
      queue,
      exchange: '',
      'routing-keys': [QUEUE],
    });
    let failed = false;
    await startConsumer(() => {
      if (failed) return;
      failed = true;
      throw new Error('once more');
    });
    const headers = { 'x-death': [death('waybill.delay.1s'), death(QUEUE)] };
    stranger.publish(
      EVENTS_EXCHANGE,
      Events.happened.routingKey,
      Buffer.from(JSON.stringify(happened('a'))),
      {
        headers,
      },
    );
    await hears('a', 'a');
  });

  it('that is larger than the broker takes stays where it is, and the ones behind it flow', async () => {
    await startConsumer();
    const large = { ...happened('a'), correlationId: 'x'.repeat(MAX_MESSAGE_BYTES) };
    await expect(bus.publish(large)).rejects.toThrow('is larger than');
    await bus.publish(happened('b'));
    await hears('b');
  });

  it.each([
    ['empty', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['without an id', JSON.stringify({ ...happened('a'), id: undefined })],
    ['with an id that is none', JSON.stringify({ ...happened('a'), id: "'; DROP TABLE inbox" })],
    ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['an event by the back door', `{"__proto__":${JSON.stringify(happened('a'))}}`],
  ])('that is %s is dead at once, and the ones behind it flow', async (_, text) => {
    await startConsumer();
    stranger.publish(EVENTS_EXCHANGE, Events.happened.routingKey, Buffer.from(text));
    await bus.publish(happened('b'));
    const { content, properties } = await takeFrom(DEAD);
    expect(content.toString() === text).toBe(true);
    expect(properties.headers?.[HEADERS.reason]).toMatch(/^not an event: /);
    await hears('b');
  });

  it('that took its process down twenty times is put aside by the broker', async () => {
    await bus.publish(happened('killer'));
    for (let taken = 0; taken <= 20; taken += 1) {
      const channel = await connection.createChannel();
      await eventually(async () => expect(await channel.get(QUEUE)).toBeTruthy());
      await channel.close();
    }
    await bus.publish(happened('b'));
    await startConsumer();
    const { properties } = await takeFrom(DEAD);
    expect(properties.headers?.['x-death']).toMatchObject([{ reason: 'delivery_limit', queue: QUEUE }]);
    await hears('b');
  });

  it('whose failure cannot even be described ends with the dead, too', async () => {
    await startConsumer(() => {
      throw Object.create(null);
    });
    await bus.publish(happened('a'));
    const { content } = await takeFrom(DEAD);
    expect(JSON.parse(content.toString())).toMatchObject({ payload: { id: 'a' } });
  });

  it('that no queue takes is not lost without a word, and the queue comes back', async () => {
    await stranger.deleteQueue(QUEUE);
    await expect(bus.publish(happened('a'))).rejects.toThrow(Unavailable);
    await eventually(() => bus.publish(happened('b')));
    await startConsumer();
    await hears('b');
  });

  it('finds its consumer again after the broker has cancelled it', async () => {
    const { consumer } = await startConsumer();
    expect(consumer.live).toBe(true);
    await stranger.deleteQueue(QUEUE);
    await eventually(() => expect(consumer.live).toBe(false));
    await eventually(() => expect(consumer.live).toBe(true));
    await bus.publish(happened('a'));
    await hears('a');
  });

  it('in hand is finished by a process that stops; the rest is handed back', async () => {
    const { consumer, broker } = await startConsumer(() => finished);
    const ids = Array.from({ length: 150 }, (_, index) => `e${index}`);
    await Promise.all(ids.map((id) => bus.publish(happened(id))));
    await eventually(() => expect(heard).toHaveLength(100));
    let stopped = false;
    const stopping = consumer.stop().then(() => {
      stopped = true;
    });
    await bus.publish(happened('last'));
    expect(stopped).toBe(false);
    finishAll();
    await stopping;
    await broker.close();
    expect(heard).toHaveLength(100);
    const taken = new Set(heard);
    heard = [];
    await startConsumer();
    // A quorum queue may not hear of acknowledgements that come in a burst right before a channel ends.
    const rest = () => heard.filter((id) => !taken.has(id)).toSorted();
    await eventually(() =>
      expect(rest()).toEqual([...ids.filter((id) => !taken.has(id)), 'last'].toSorted()),
    );
  });

  it('that comes three times, in any order, is applied once', async () => {
    const postgres = await startPostgres();
    try {
      const uow = await postgres.module('beta', { poolSize: 8 });
      await uow.rows('CREATE TABLE effects (id text NOT NULL)');
      const inbox = new Inbox('beta', uow, 10);
      const apply = (envelope: EventEnvelope) =>
        uow.run(async (tx) => {
          for (const each of await inbox.claim(tx, [envelope]))
            await tx.rows('INSERT INTO effects VALUES ($1)', [idOf(each)]);
        });
      const events = Array.from({ length: 40 }, (_, index) => happened(`e${index}`));
      const thrice = [...events, ...events.toReversed(), ...events.toSorted(() => Math.random() - 0.5)];
      await Promise.all(thrice.map((envelope) => bus.publish(envelope)));
      await Promise.all([startConsumer(apply), startConsumer(apply)]);
      await eventually(() => expect(heard).toHaveLength(120));
      await eventually(async () => {
        const rows = await postgres.sql<{ id: string }>('SELECT id FROM beta.effects');
        expect(rows.map(({ id }) => id).toSorted()).toEqual(events.map(idOf).toSorted());
      });
    } finally {
      await postgres.stop();
    }
  });
});
