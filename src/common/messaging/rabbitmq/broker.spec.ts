import { rm } from 'node:fs/promises';
import { Logger } from '@nestjs/common';
import { type ChannelModel, connect } from 'amqplib';
import { z } from 'zod';
import { type RabbitMq, startRabbitMq } from '../../../../lab/services/rabbitmq.js';
import { eventually } from '../../../../test/eventually.js';
import { temporaryFolder } from '../../../../test/folder.js';
import { startTcpProxy, type TcpProxy } from '../../../../test/tcp-proxy.js';
import { NotSent, Unavailable } from '../../errors/common.errors.js';
import { defineApi, defineEvents, event, rpc } from '../contract.js';
import { newEvent } from '../outbox.js';
import { Broker } from './broker.js';
import { CallSender } from './call-sender.js';
import { EventConsumer } from './event-consumer.js';
import { BrokerRefusal } from './first-connection.js';
import { eventsQueue } from './names.js';
import { Publisher } from './publisher.js';
import { RabbitEventBus } from './rabbit-event-bus.js';

const Events = defineEvents('alpha', {
  happened: event({ payload: z.object({ id: z.string() }), key: ({ id }) => id }),
});
const BETA = { module: 'beta', consumes: [Events.happened] };
const { calls } = defineApi('beta', {
  ask: rpc({ input: z.object({}), output: z.object({}), errors: [], idempotent: true }),
});
const happened = (id: string) => newEvent(Events.happened, { id });

/** Milliseconds in which a process must be able to leave its broker. */
const CLOSED_MS = 4000;

/** What a process has to do with its broker, and the wire between them. */
interface Station {
  broker: Broker;
  wire: TcpProxy;
  bus: RabbitEventBus;
  sender: CallSender;
  consumer: EventConsumer;
}

describe('Broker', () => {
  let folder: string;
  let rabbit: RabbitMq;
  let stations: Station[];
  let heard: string[];
  /** What handlers wait for. */
  let gate: Promise<void>;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    folder = await temporaryFolder('broker');
    rabbit = await startRabbitMq({ folder });
  });

  beforeEach(async () => {
    await rabbit.start();
    stations = [];
    heard = [];
    gate = Promise.resolve();
  });

  afterEach(async () => {
    for (const { broker, wire } of stations) {
      await broker.close();
      await wire.close();
    }
  });

  afterAll(async () => {
    await rabbit.stop();
    await rm(folder, { recursive: true });
  });

  const openStation = async (): Promise<Station> => {
    const wire = await startTcpProxy(rabbit.url);
    const broker = new Broker(wire.url, 'test');
    const publisher = new Publisher(broker, [BETA]);
    const deliver = (_: string, { payload }: { payload: unknown }) => {
      heard.push((payload as { id: string }).id);
      return gate;
    };
    const station = {
      broker,
      wire,
      bus: new RabbitEventBus(publisher, [BETA]),
      sender: new CallSender(broker),
      consumer: new EventConsumer(broker, BETA, publisher, deliver, 10),
    };
    stations.push(station);
    return station;
  };
  const startStation = async (): Promise<Station> => {
    const station = await openStation();
    await station.broker.connect();
    await works(station);
    return station;
  };
  const works = ({ broker, consumer }: Station) =>
    eventually(() => {
      expect(broker.complete).toBe(true);
      expect(broker.refusal).toBeNull();
      expect(consumer.live).toBe(true);
    }, 30_000);
  const flows = async (station: Station, id: string) => {
    await eventually(() => station.bus.publish(happened(id)), 20_000);
    await eventually(() => expect(heard).toContain(id));
  };
  const closesInTime = async ({ broker, wire }: Station) => {
    const began = performance.now();
    await broker.close();
    expect(performance.now() - began).toBeLessThan(CLOSED_MS);
    return wire;
  };
  const withStranger = async <T>(use: (connection: ChannelModel) => Promise<T>): Promise<T> => {
    const connection = await connect(rabbit.url);
    try {
      return await use(connection);
    } finally {
      await connection.close();
    }
  };

  it.each([
    ['password', (url: URL) => (url.password = 'wrong')],
    ['user', (url: URL) => (url.username = 'nobody')],
    ['virtual host', (url: URL) => (url.pathname = '/nowhere')],
  ])('refuses a wrong %s with what to do', async (_, spoil) => {
    const url = new URL(rabbit.url);
    spoil(url);
    const broker = new Broker(url.href, 'test');
    const failure = await broker.connect().catch((error: unknown) => error);
    await broker.close();
    expect(failure).toBeInstanceOf(BrokerRefusal);
    expect((failure as Error).message).toContain('RABBITMQ_URL: correct it');
  });

  it('takes a port with a number like a refusal in it for a port', async () => {
    const broker = new Broker('amqp://127.0.0.1:403', 'test');
    await broker.connect();
    expect(broker.connected).toBe(false);
    await broker.close();
  });

  it('is away at boot, which goes on without, and works when it comes', async () => {
    const station = await openStation();
    station.wire.swallow('in', 'out');
    await station.broker.connect();
    expect(station.broker.connected).toBe(false);
    await expect(station.bus.publish(happened('a'))).rejects.toThrow(Unavailable);
    station.wire.pass();
    await works(station);
    await flows(station, 'b');
  });

  it('may take its time to confirm, and is sent nothing twice meanwhile', async () => {
    const station = await startStation();
    station.wire.slow(6000);
    await station.bus.publish(happened('a'));
    station.wire.pass();
    await flows(station, 'b');
    expect(heard).toEqual(['a', 'b']);
    expect(station.broker.connected).toBe(true);
  });

  it('has what it confirmed after kill -9, and is found again by all', async () => {
    const station = await startStation();
    await station.consumer.stop();
    const ids = Array.from({ length: 200 }, (_, index) => `e${index}`);
    await Promise.all(ids.map((id) => station.bus.publish(happened(id))));
    // RabbitMQ 3.10 writes down a new quorum queue 3 s late, or with the next one; till then kill -9 costs all in it.
    await withStranger(async (connection) => {
      const channel = await connection.createChannel();
      await channel.assertQueue('next', { arguments: { 'x-queue-type': 'quorum' } });
    });
    heard = [];
    await rabbit.kill();
    await eventually(() => expect(station.broker.connected).toBe(false));
    await expect(station.bus.publish(happened('refused'))).rejects.toThrow(Unavailable);
    await rabbit.start();
    const other = await startStation();
    await eventually(() => expect(heard.toSorted()).toEqual(ids.toSorted()));
    await eventually(() => station.bus.publish(happened('again')));
    await flows(other, 'last');
  });

  it('is no place to wait: while it is away all is refused at once, and nothing is kept', async () => {
    const { wire, broker, bus, sender } = await startStation();
    wire.swallow('in', 'out');
    wire.reset();
    await eventually(() => expect(broker.connected).toBe(false));
    const tries = Array.from({ length: 1000 }, async () => {
      await expect(sender.send(calls.ask, {}, 3000)).rejects.toThrow(NotSent);
      await expect(bus.publish(happened('a'))).rejects.toThrow(Unavailable);
    });
    const began = performance.now();
    await Promise.all(tries);
    expect(performance.now() - began).toBeLessThan(3000);
    expect(sender.pending).toBe(0);
  });

  it('that falls silent is found out, and holds up a message no longer than that', async () => {
    const station = await startStation();
    station.wire.swallow('in', 'out');
    await expect(station.bus.publish(happened('a'))).rejects.toThrow(Unavailable);
    expect(station.broker.connected).toBe(false);
    station.wire.pass();
    await works(station);
    await flows(station, 'b');
  });

  it('that takes no messages refuses at once, delivers all the same, and takes them again later', async () => {
    const station = await startStation();
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    for (let sent = 0; sent < 300; sent += 1) await station.bus.publish(happened(`e${sent}`));
    await eventually(() => expect(heard).toHaveLength(100));
    await rabbit.ctl('set_vm_memory_high_watermark', '0.0001');
    try {
      // Known from the first message on: the broker tells only those who have something to say.
      await eventually(() => {
        void station.bus.publish(happened('held')).catch(() => undefined);
        expect(station.broker.refusal).toContain('takes no messages');
      });
      await expect(station.bus.publish(happened('a'))).rejects.toThrow('takes no messages');
      await expect(station.sender.send(calls.ask, {}, 3000)).rejects.toThrow(NotSent);
      // More than it was given at first: the broker hears what is acknowledged.
      open();
      await eventually(() => expect(heard.length).toBeGreaterThanOrEqual(300));
      expect(station.broker.refusal).not.toBeNull();
    } finally {
      await rabbit.ctl('set_vm_memory_high_watermark', '0.4');
    }
    await eventually(() => expect(station.broker.refusal).toBeNull());
    await flows(station, 'b');
    await withStranger(async (connection) => {
      const channel = await connection.createChannel();
      await eventually(async () =>
        expect((await channel.checkQueue(eventsQueue('beta'))).messageCount).toBe(0),
      );
    });
  });

  it('is left in time when it is well', async () => {
    const wire = await closesInTime(await startStation());
    await eventually(() => expect(wire.open).toBe(0));
  });

  it('is left in time when it has fallen silent', async () => {
    const station = await startStation();
    station.wire.swallow('in', 'out');
    const wire = await closesInTime(station);
    await eventually(() => expect(wire.open).toBe(0));
  });

  it('is left in time while a connection is being made', async () => {
    const station = await openStation();
    station.wire.swallow('in', 'out');
    const connecting = station.broker.connect();
    await eventually(() => expect(station.wire.open).toBeGreaterThan(0));
    const wire = await closesInTime(station);
    await connecting;
    await eventually(() => expect(wire.open).toBe(0));
  });

  it('is left in time, and for good, while it is away', async () => {
    const station = await startStation();
    await rabbit.kill();
    await eventually(() => expect(station.broker.connected).toBe(false));
    const wire = await closesInTime(station);
    await rabbit.start();
    expect(wire.open).toBe(0);
  });
});
