import { type Channel, type ChannelModel, connect, type Options } from 'amqplib';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.js';
import { rabbitForTest, type TestBroker } from '../../../../test/services.js';
import { newId } from '../../ids.js';
import { defineEvents, type EventEnvelope, event } from '../contract.js';
import { Broker } from './broker.js';
import { DeadLetterQueue } from './dead-letter-queue.js';
import { deadLetterQueue, eventsQueue, HEADERS } from './names.js';
import { Publisher } from './publisher.js';
import { DELIVERY_LIMIT } from './topology.js';

const ParcelEvents = defineEvents('parcels', {
  lost: event({ payload: z.object({ id: z.string() }), key: ({ id }) => id }),
});
const SUBSCRIBERS = [
  { module: 'insurance', consumes: [ParcelEvents.lost] },
  { module: 'parcels', consumes: [] },
];
const DEAD = deadLetterQueue('insurance');
const EVENTS = eventsQueue('insurance');

const lost = (id: string): EventEnvelope => ({
  id: newId(),
  name: 'parcels.lost',
  version: 1,
  occurredAt: new Date().toISOString(),
  correlationId: 'c',
  causationId: null,
  traceparent: null,
  payload: { id },
});

describe('the dead letters at RabbitMQ', () => {
  let rabbit: TestBroker;
  let brokers: Broker[];
  let queues: DeadLetterQueue[];
  let connection: ChannelModel;
  let channel: Channel;

  beforeAll(async () => {
    rabbit = await rabbitForTest();
    brokers = [new Broker(rabbit.url, 'one'), new Broker(rabbit.url, 'two')];
    await Promise.all(brokers.map((broker) => broker.connect()));
    queues = brokers.map(
      (broker) => new DeadLetterQueue(broker, new Publisher(broker, SUBSCRIBERS), SUBSCRIBERS),
    );
    connection = await connect(rabbit.url);
    channel = await connection.createChannel();
    await eventually(async () => {
      const probe = await connection.createChannel();
      probe.on('error', () => undefined);
      await probe.checkQueue(DEAD);
      await probe.close();
    });
  });

  afterEach(async () => {
    await Promise.all([channel.purgeQueue(DEAD), channel.purgeQueue(EVENTS)]);
  });

  afterAll(async () => {
    await connection?.close();
    await Promise.all((brokers ?? []).map((broker) => broker.close()));
    await rabbit?.release();
  });

  const one = () => queues[0] as DeadLetterQueue;
  /** Puts messages there as EventConsumer would, and waits until the broker has them. */
  const bury = async (bodies: readonly unknown[], headers: Options.Publish['headers'] = {}) => {
    const confirmed = await connection.createConfirmChannel();
    for (const body of bodies) {
      const content = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      confirmed.sendToQueue(DEAD, content, { persistent: true, headers });
    }
    await confirmed.waitForConfirms();
    await confirmed.close();
  };
  const died = (second: number) => ({
    [HEADERS.attempts]: 10,
    [HEADERS.reason]: 'RangeError: no such policy',
    [HEADERS.diedAt]: `2026-11-20T10:00:0${second}.000Z`,
  });
  /** How many messages lie ready in a queue. */
  const count = async (queue: string) => (await channel.checkQueue(queue)).messageCount;
  const drain = async (queue: string) => {
    const messages = [];
    for (;;) {
      const message = await channel.get(queue, { noAck: true });
      if (message === false) return messages;
      messages.push(message);
    }
  };
  const idsIn = async (queue: string) =>
    (await drain(queue)).map(({ content }) => (JSON.parse(content.toString()) as EventEnvelope).id);

  it('are told with what was noted when they were given up', async () => {
    const event = lost('p1');
    await bury([event], died(1));
    expect(await one().list('insurance', 10)).toEqual({
      letters: [
        {
          eventId: event.id,
          name: 'parcels.lost',
          reason: 'RangeError: no such policy',
          attempts: 10,
          diedAt: '2026-11-20T10:00:01.000Z',
          keptIn: 'queue',
        },
      ],
      total: 1,
    });
  });

  it('that are no events, or were put there by somebody else, are told as far as they go', async () => {
    await bury(['no JSON', { id: 5 }], { [HEADERS.attempts]: 'many', [HEADERS.reason]: 7, 'x-death': 'x' });
    const nothing = { eventId: null, name: null, attempts: 0, diedAt: null, reason: 'not an event' };
    const { letters } = await one().list('insurance', 10);
    expect(letters).toEqual([nothing, nothing].map((each) => ({ ...each, keptIn: 'queue' })));
  });

  it('that the broker has given up are told as such', async () => {
    const event = lost('p1');
    channel.sendToQueue(EVENTS, Buffer.from(JSON.stringify(event)), { persistent: true });
    for (let i = 0; i <= DELIVERY_LIMIT; i++) {
      const dying = await connection.createChannel();
      await eventually(async () => expect(await dying.get(EVENTS)).not.toBe(false));
      await dying.close();
    }
    const letter = await eventually(async () => {
      const { letters } = await one().list('insurance', 10);
      expect(letters).toHaveLength(1);
      return letters[0];
    });
    expect(letter).toMatchObject({
      eventId: event.id,
      attempts: DELIVERY_LIMIT,
      reason: expect.stringContaining(`${DELIVERY_LIMIT} times the process died`),
    });
    expect(Date.now() - Date.parse(letter?.diedAt ?? '')).toBeLessThan(600_000);
  });

  it('stay where they are, in their order, however often they are looked at', async () => {
    const events = Array.from({ length: 100 }, (_, i) => lost(`p${i}`));
    await bury(events);
    for (let look = 0; look < 30; look++) {
      const { letters, total } = await one().list('insurance', 5);
      expect([letters.map(({ eventId }) => eventId), total]).toEqual([
        events.slice(0, 5).map(({ id }) => id),
        100,
      ]);
      await eventually(async () => expect(await count(DEAD)).toBe(100));
    }
    expect(await idsIn(DEAD)).toEqual(events.map(({ id }) => id));
  });

  it('go back to the module as if they had never been tried', async () => {
    const events = [lost('p1'), lost('p2')];
    await bury(events, died(1));
    expect(await one().retry('insurance', null)).toEqual({ retried: 2, left: 0 });
    const back = await drain(EVENTS);
    expect(back.map(({ content }) => JSON.parse(content.toString()))).toEqual(events);
    for (const [i, { properties }] of back.entries()) {
      expect(properties).toMatchObject({ messageId: events[i]?.id, type: 'parcels.lost', deliveryMode: 2 });
      expect(Object.keys(properties.headers ?? {}).filter((name) => name.startsWith('x-waybill'))).toEqual(
        [],
      );
    }
    expect(await count(DEAD)).toBe(0);
  });

  it('go back once, however many they are', async () => {
    const events = Array.from({ length: 1200 }, (_, i) => lost(`p${i}`));
    await bury(events);
    expect(await one().retry('insurance', null)).toEqual({ retried: 1200, left: 0 });
    for (let again = 0; again < 5; again++)
      expect(await one().retry('insurance', null)).toEqual({ retried: 0, left: 0 });
    expect((await idsIn(EVENTS)).sort()).toEqual(events.map(({ id }) => id).sort());
  });

  it('go back by name, and the others stay in their order', async () => {
    const events = Array.from({ length: 120 }, (_, i) => lost(`p${i}`));
    await bury(events);
    const wanted = [events[3], events[110]].map((each) => each?.id ?? '');
    expect(await one().retry('insurance', new Set([...wanted, newId()]))).toEqual({ retried: 2, left: 118 });
    expect(await idsIn(EVENTS)).toEqual(wanted);
    await eventually(async () => expect(await count(DEAD)).toBe(118));
    expect(await idsIn(DEAD)).toEqual(events.map(({ id }) => id).filter((id) => !wanted.includes(id)));
  });

  it('that are no events stay', async () => {
    await bury(['no JSON', lost('p1'), '{}']);
    expect(await one().retry('insurance', null)).toEqual({ retried: 1, left: 2 });
    expect(await count(EVENTS)).toBe(1);
    await eventually(async () => expect(await count(DEAD)).toBe(2));
  });

  it('are brought back once by two who retry at the same time, while a third looks', async () => {
    const events = Array.from({ length: 400 }, (_, i) => lost(`p${i}`));
    await bury(events);
    await Promise.all([
      ...queues.map((queue) => queue.retry('insurance', null)),
      one().list('insurance', 100),
    ]);
    // Whoever looked had some of them in hand.
    await eventually(async () => {
      await one().retry('insurance', null);
      expect(await count(EVENTS)).toBe(400);
    });
    expect((await idsIn(EVENTS)).sort()).toEqual(events.map(({ id }) => id).sort());
    expect(await count(DEAD)).toBe(0);
  });

  it('stay when the module’s queue is away, and go back when it is there again', async () => {
    await bury([lost('p1'), lost('p2')]);
    await channel.deleteQueue(EVENTS);
    await expect(one().retry('insurance', null)).rejects.toMatchObject({ code: 'SERVICE.UNAVAILABLE' });
    await eventually(async () =>
      expect(await one().retry('insurance', null)).toEqual({ retried: 2, left: 0 }),
    );
    expect(await count(EVENTS)).toBe(2);
  });

  it('are none for a module that takes in nothing', async () => {
    expect(await one().list('parcels', 10)).toEqual({ letters: [], total: 0 });
    expect(await one().retry('parcels', null)).toEqual({ retried: 0, left: 0 });
  });

  it('cannot be told while the broker is away', async () => {
    const away = new Broker('amqp://127.0.0.1:9', 'away');
    const queue = new DeadLetterQueue(away, new Publisher(away, SUBSCRIBERS), SUBSCRIBERS);
    await expect(queue.list('insurance', 10)).rejects.toMatchObject({ code: 'SERVICE.UNAVAILABLE' });
    await away.close();
  });
});
