import { type Channel, type ChannelModel, connect, type Options } from 'amqplib';
import { z } from 'zod';
import { NotSent, OutcomeUnknown, Unavailable } from '../../src/common/errors/common.errors.js';
import { DomainError } from '../../src/common/errors/domain-error.js';
import { defineApi, rpc } from '../../src/common/messaging/contract.js';
import { Intake } from '../../src/common/messaging/rabbitmq/intake.js';
import { callsQueue, MAX_MESSAGE_BYTES } from '../../src/common/messaging/rabbitmq/names.js';
import { eventually } from '../eventually.js';
import { rabbitForTest, type TestBroker } from '../services.js';
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.js';
import { DepotApi, DepotController, DepotErrors } from './depot.js';
import { startProcess, type TestProcess } from './process.js';

/** A caller of another version, which knows a call that nobody answers. */
const NewerApi = defineApi('depot', {
  ponder: rpc({ input: z.object({}), output: z.object({}), errors: [], idempotent: true }),
});

const HUGE = 'x'.repeat(MAX_MESSAGE_BYTES);

interface Depot extends TestProcess {
  controller: DepotController;
  /** The wire between it and the broker. */
  wire: TcpProxy;
}

describe('a call over RabbitMQ', () => {
  let broker: TestBroker;
  let started: { stop(): Promise<void> }[];

  beforeAll(async () => {
    broker = await rabbitForTest();
  });

  beforeEach(() => {
    started = [];
  });

  afterEach(async () => {
    for (const each of started.toReversed()) await each.stop();
  });

  afterAll(() => broker.release());

  const startCaller = async (rabbitmqUrl = broker.url): Promise<TestProcess> => {
    const apis = [DepotApi, NewerApi];
    const caller = await startProcess({ controllers: [], apis, hosted: [], rabbitmqUrl });
    started.push(caller);
    return caller;
  };
  const startWire = async (): Promise<TcpProxy> => {
    const wire = await startTcpProxy(broker.url);
    started.push({ stop: () => wire.close() });
    return wire;
  };
  const startDepot = async (): Promise<Depot> => {
    const wire = await startWire();
    const process = await startProcess({
      controllers: [DepotController],
      apis: [DepotApi],
      rabbitmqUrl: wire.url,
    });
    const depot = { ...process, controller: process.app.get(DepotController), wire };
    started.push(depot);
    return depot;
  };
  /** Something that speaks AMQP and is none of ours. */
  const startStranger = async (): Promise<Channel> => {
    const connection: ChannelModel = await connect(broker.url);
    started.push({ stop: () => connection.close() });
    return connection.createChannel();
  };
  const failureOf = (call: Promise<unknown>) => call.then(String, (error: unknown) => error);
  /** The handler holds its call until told; resolves when it has one. */
  const hold = ({ controller }: Depot) => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const held = new Promise<void>((resolve) => {
      controller.answer = async (input) => {
        resolve();
        await finished;
        return input;
      };
    });
    started.push({ stop: () => Promise.resolve(finish()) });
    return { held, finish };
  };

  it('was not sent when nobody answers such calls, which is known at once', async () => {
    const { client } = await startCaller();
    const began = performance.now();
    await expect(client(DepotApi).drop({ text: 'a' })).rejects.toThrow(NotSent);
    expect(performance.now() - began).toBeLessThan(1000);
    await expect(client(DepotApi).glance({ text: 'a' })).rejects.toThrow(NotSent);
  });

  it('is answered by a process that comes up while it is tried again', async () => {
    const { client } = await startCaller();
    const answer = client(DepotApi).look({ text: 'a' });
    await startDepot();
    expect(await answer).toEqual({ text: 'a' });
  });

  it('goes to another process when the one that works on it dies', async () => {
    const { client } = await startCaller();
    const first = await startDepot();
    const { held } = hold(first);
    const answer = client(DepotApi).look({ text: 'a' });
    await held;
    const second = await startDepot();
    first.wire.swallow('in', 'out');
    first.wire.reset();
    expect(await answer).toEqual({ text: 'a' });
    expect(second.controller.asked).toEqual(['a']);
  });

  it('does not go to another when it must not run twice', async () => {
    const { client } = await startCaller();
    const first = await startDepot();
    const { held } = hold(first);
    const failure = failureOf(client(DepotApi).drop({ text: 'a' }));
    await held;
    const second = await startDepot();
    first.wire.swallow('in', 'out');
    first.wire.reset();
    expect(await failure).toBeInstanceOf(OutcomeUnknown);
    await client(DepotApi).look({ text: 'b' });
    expect(first.controller.asked).toEqual(['a']);
    expect(second.controller.asked).toEqual(['b']);
  });

  it('does not run twice either when the broker never heard that it was taken', async () => {
    const { client } = await startCaller();
    const first = await startDepot();
    const { held } = hold(first);
    first.wire.swallow('out');
    const failure = failureOf(client(DepotApi).drop({ text: 'a' }));
    await held;
    const second = await startDepot();
    first.wire.swallow('in', 'out');
    first.wire.reset();
    expect(await failure).toMatchObject({ message: expect.stringContaining('must not be run twice') });
    expect(second.controller.asked).toEqual([]);
  });

  it('is of unknown outcome when its answer is lost, and is not repeated if it must not be', async () => {
    const wire = await startWire();
    const { client } = await startCaller(wire.url);
    const { controller } = await startDepot();
    await client(DepotApi).look({ text: 'before' });
    wire.swallow('in');
    const failures = [
      failureOf(client(DepotApi).drop({ text: 'a' })),
      failureOf(client(DepotApi).glance({ text: 'b' })),
    ];
    for (const failure of failures) expect(await failure).toBeInstanceOf(OutcomeUnknown);
    expect(controller.asked.toSorted()).toEqual(['a', 'b', 'before']);
  });

  it('is of unknown outcome when the connection is lost while it is under way', async () => {
    const wire = await startWire();
    const { client } = await startCaller(wire.url);
    const depot = await startDepot();
    const { held, finish } = hold(depot);
    const failure = failureOf(client(DepotApi).drop({ text: 'a' }));
    await held;
    wire.reset();
    expect(await failure).toMatchObject({
      message: expect.stringContaining('connection was lost'),
    });
    finish();
    depot.controller.answer = (input) => input;
    await eventually(async () => expect(await client(DepotApi).look({ text: 'b' })).toEqual({ text: 'b' }));
  });

  it('takes its time at most when the broker is away, and is refused at once after that', async () => {
    const wire = await startWire();
    const { client } = await startCaller(wire.url);
    await startDepot();
    wire.swallow('in', 'out');
    wire.reset();
    const began = performance.now();
    const first = await Promise.all(
      Array.from({ length: 50 }, () => failureOf(client(DepotApi).look({ text: 'a' }))),
    );
    expect(performance.now() - began).toBeLessThan(3500);
    const then = performance.now();
    const later = await Promise.all(
      Array.from({ length: 50 }, () => failureOf(client(DepotApi).look({ text: 'a' }))),
    );
    expect(performance.now() - then).toBeLessThan(500);
    // Some may have been on their way when the wire was cut.
    for (const failure of first) expect(failure).toMatchObject({ status: 503 });
    for (const failure of later) expect(failure).toBeInstanceOf(NotSent);
    wire.pass();
    await eventually(async () => expect(await client(DepotApi).look({ text: 'b' })).toEqual({ text: 'b' }));
  });

  it('is not held against its module when it is refused or fails there', async () => {
    const { client } = await startCaller();
    const { controller } = await startDepot();
    controller.answer = ({ text }) => {
      throw text === 'full' ? DepotErrors.FULL() : new OutcomeUnknown('the gateway is slow');
    };
    for (let asked = 0; asked < 10; asked += 1) {
      await expect(client(DepotApi).look({ text: 'full' })).rejects.toMatchObject({ code: 'DEPOT.FULL' });
      await expect(client(DepotApi).look({ text: 'slow' })).rejects.toThrow(OutcomeUnknown);
    }
    expect(controller.asked).toHaveLength(20);
  });

  it('that no process knows is not executed, and says so at once', async () => {
    const { client } = await startCaller();
    await startDepot();
    await expect(client(NewerApi).ponder({})).rejects.toThrow('depot.ponder is not hosted here');
  });

  it('that is too large is not sent', async () => {
    const { client } = await startCaller();
    const { controller } = await startDepot();
    await expect(client(DepotApi).look({ text: HUGE })).rejects.toThrow(Unavailable);
    expect(controller.asked).toEqual([]);
  });

  it('is of unknown outcome when its answer is too large, which is logged', async () => {
    const { client } = await startCaller();
    const { controller, complaints } = await startDepot();
    controller.answer = () => ({ text: HUGE });
    await expect(client(DepotApi).look({ text: 'a' })).rejects.toThrow('too large');
    expect(controller.asked).toEqual(['a']);
    expect(complaints.join()).toContain('depot.look answered with');
  });

  it('that comes when nobody waits any more is not run', async () => {
    const { client } = await startCaller();
    const { controller, wire } = await startDepot();
    await client(DepotApi).glance({ text: 'in time' });
    wire.slow(800);
    await expect(client(DepotApi).glance({ text: 'late' })).rejects.toThrow(OutcomeUnknown);
    wire.slow(0);
    await eventually(async () => {
      expect(await client(DepotApi).glance({ text: 'again' })).toEqual({ text: 'again' });
    });
    expect(controller.asked).not.toContain('late');
  });

  it('is answered while the process that answers stops, and then goes to another', async () => {
    const { client } = await startCaller();
    const first = await startDepot();
    const { held, finish } = hold(first);
    const answer = client(DepotApi).look({ text: 'a' });
    await held;
    const second = await startDepot();
    const stranger = await startStranger();
    let stopped = false;
    const stopping = first.stop().then(() => {
      stopped = true;
    });
    await eventually(async () => {
      const { consumerCount } = await stranger.checkQueue(callsQueue('depot'));
      expect(consumerCount).toBe(1);
    });
    await client(DepotApi).look({ text: 'b' });
    expect(stopped).toBe(false);
    finish();
    expect(await answer).toEqual({ text: 'a' });
    await stopping;
    expect(first.controller.asked).toEqual(['a']);
    expect(second.controller.asked).toEqual(['b']);
  });

  it('is not disturbed by messages that are no calls, however many', async () => {
    const { client } = await startCaller();
    const { controller, complaints } = await startDepot();
    const stranger = await startStranger();
    const headers = { 'x-sender': 's', 'x-sent-at': 0, 'x-timeout': 3000, 'x-correlation': '' };
    const proper = { type: 'depot.look', correlationId: '1', replyTo: 'amq.rabbitmq.reply-to.x', headers };
    const body = '{"text":"stranger"}';
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const messages: [string, Options.Publish][] = [
      ['', {}],
      ['{', proper],
      [deep, proper],
      [HUGE, proper],
      ['{"__proto__":{"text":"polluted"}}', proper],
      ['{"text":{"__proto__":{"text":"polluted"}}}', proper],
      [body, { ...proper, headers: {} }],
      [body, { ...proper, headers: { ...headers, 'x-timeout': -1 } }],
      [body, { ...proper, headers: { ...headers, 'x-sent-at': 'now' } }],
      [body, { ...proper, replyTo: callsQueue('depot') }],
      [body, { type: 'depot.look', headers }],
    ];
    for (let round = 0; round < 50; round += 1) {
      for (const [text, options] of round === 0 ? messages : messages.filter(([text]) => text.length < 100))
        stranger.publish('', callsQueue('depot'), Buffer.from(text), options);
    }
    expect(await client(DepotApi).look({ text: 'a' })).toEqual({ text: 'a' });
    await eventually(() => expect(complaints.length).toBeGreaterThan(300));
    expect(controller.asked).toEqual(['a']);
    expect(({} as { text?: string }).text).toBeUndefined();
    // All of them are done with: what is left would come again now.
    for (let asked = 0; asked < 20; asked += 1) await client(DepotApi).look({ text: 'b' });
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['neither yes nor no', '{"value":{"text":"a"}}'],
    ['a failure without a code', '{"ok":false,"error":{}}'],
    ['a failure that is none', '{"ok":false,"error":null}'],
    ['what is too deep', `{"ok":true,"value":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['a value by the back door', '{"__proto__":{"ok":true,"value":{"text":"polluted"}}}'],
  ])('is of unknown outcome when it is answered with %s', async (_, answer) => {
    const { client } = await startCaller();
    const stranger = await startStranger();
    const queue = await stranger.assertQueue(callsQueue('depot'), { autoDelete: true });
    let asked = 0;
    await stranger.consume(
      queue.queue,
      (message) => {
        if (!message) return;
        asked += 1;
        const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
        stranger.publish('', replyTo, Buffer.from(answer), { correlationId: 'unheard of' });
        stranger.publish('', replyTo, Buffer.from(answer), { correlationId });
      },
      { noAck: true },
    );
    for (let calls = 1; calls <= 6; calls += 1)
      await expect(client(DepotApi).look({ text: 'a' })).rejects.toThrow(OutcomeUnknown);
    expect(asked).toBe(6);
  });

  it('is not for a process that cannot take it: it says so, and is not blamed for the broker', async () => {
    const { app, wire, controller } = await startDepot();
    const intake = app.get(Intake);
    const stranger = await startStranger();
    await stranger.deleteQueue(callsQueue('depot'));
    await stranger.assertQueue(callsQueue('depot'), { exclusive: true });
    await eventually(() => expect(intake.trouble()).toBe('1 of 1 consumers are not set up'), 20_000);
    wire.swallow('in', 'out');
    wire.reset();
    await eventually(() => expect(intake.trouble()).toBeNull());
    await stranger.deleteQueue(callsQueue('depot'));
    wire.pass();
    const { client } = await startCaller();
    await eventually(() => client(DepotApi).look({ text: 'a' }), 20_000);
    expect(controller.asked).toEqual(['a']);
    expect(intake.trouble()).toBeNull();
  });

  it('cannot be told by an answer that it was never sent', async () => {
    const { client } = await startCaller();
    const stranger = await startStranger();
    await stranger.assertQueue(callsQueue('depot'), { autoDelete: true });
    const error = new Unavailable('not now').toWire();
    await stranger.consume(
      callsQueue('depot'),
      (message) => {
        if (!message) return;
        const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string };
        const answer = Buffer.from(JSON.stringify({ ok: false, error, unsent: true }));
        stranger.publish('', replyTo, answer, { correlationId });
      },
      { noAck: true },
    );
    const failure = await failureOf(client(DepotApi).look({ text: 'a' }));
    expect(failure).toBeInstanceOf(DomainError);
    expect(failure).not.toBeInstanceOf(NotSent);
  });
});
