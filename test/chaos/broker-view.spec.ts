import { randomUUID } from 'node:crypto';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { declareTopology } from '../../src/common/messaging/rabbitmq/topology.js';
import { SUBSCRIBERS } from '../../src/modules.js';
import { eventually } from '../eventually.js';
import { rabbitForTest, type TestBroker } from '../services.js';
import { lookAtBroker, stirringAt } from './broker-view.js';
import { BROKER_INVARIANTS } from './invariants/broker.js';

const EVENTS = ['inventory', 'payments', 'orders', 'notifications'].map((name) => `waybill.${name}.events`);
const CALLS = ['users', 'catalog', 'inventory', 'payments', 'orders'].map((name) => `waybill.${name}.calls`);

/** A real broker with the queues and consumers of a split Waybill at rest. */
describe('a look at the broker', () => {
  let broker: TestBroker;
  let connection: ChannelModel;
  let channel: ConfirmChannel;

  beforeEach(async () => {
    broker = await rabbitForTest();
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    await declareTopology(channel, SUBSCRIBERS);
    for (const queue of CALLS) await channel.assertQueue(queue, { durable: true, autoDelete: true });
    await channel.prefetch(10);
    for (const queue of [...EVENTS, ...CALLS])
      await channel.consume(queue, () => undefined, { consumerTag: queue });
  }, 120_000);

  afterEach(async () => {
    await connection.close();
    await broker.release();
  });

  async function publish(queue: string, messageId: string = randomUUID()): Promise<string> {
    channel.sendToQueue(queue, Buffer.from('{}'), { persistent: true, messageId });
    await channel.waitForConfirms();
    return messageId;
  }

  /** What I16 says of it, and what still stirs. */
  async function findings(options: { planted?: string[]; unacknowledged?: number; orders?: number } = {}) {
    const { planted = [], unacknowledged = 0, orders = 1 } = options;
    const asked = {
      url: broker.url,
      replicas: { orders },
      planted,
      unacknowledged: () => Promise.resolve(unacknowledged),
    };
    const [invariant] = BROKER_INVARIANTS;
    const offenders = await invariant.find({
      sql: () => Promise.reject(new Error('not asked')),
      ledger: [],
      sightings: null,
      broker: await lookAtBroker(asked),
    });
    return { offenders, stirring: await stirringAt(asked) };
  }

  it('finds nothing wrong with one at rest', async () => {
    expect(await findings()).toEqual({ offenders: [], stirring: [] });
  });

  it('sees a message that nobody reads', async () => {
    await channel.cancel('waybill.orders.events');
    await publish('waybill.orders.events');
    expect(await findings({ orders: 1 })).toEqual({
      offenders: [
        { queue: 'waybill.orders.events', messages: 1, problem: 'not empty' },
        { queue: 'waybill.orders.events', consumers: 0, expected: 1, problem: 'consumers' },
      ],
      stirring: ['1 messages in waybill.orders.events', '0 instead of 1 consumers at waybill.orders.events'],
    });
  });

  it('sees a delivery that waits for its next attempt', async () => {
    await publish('waybill.delay.256s');
    expect((await findings()).stirring).toEqual(['1 messages in waybill.delay.256s']);
  });

  it('sees that a queue of calls is gone with its last consumer', async () => {
    await channel.cancel('waybill.users.calls');
    expect((await findings()).offenders).toEqual([
      { queue: 'waybill.users.calls', consumers: 0, expected: 1, problem: 'consumers' },
    ]);
  });

  it('expects as many consumers as there are processes', async () => {
    expect((await findings({ orders: 2 })).stirring).toEqual([
      '1 instead of 2 consumers at waybill.orders.events',
      '1 instead of 2 consumers at waybill.orders.calls',
    ]);
  });

  it('tells of messages that consumers do not let go', async () => {
    expect((await findings({ unacknowledged: 3 })).offenders).toEqual([
      { unacknowledged: 3, problem: 'messages that consumers do not let go' },
    ]);
  });

  it('reads dead letters again and again, and leaves them where they are', async () => {
    const planted = await publish('waybill.inventory.events.dead');
    const strange = await publish('waybill.orders.events.dead');
    for (let look = 1; look <= 3; look += 1) {
      expect((await findings({ planted: [planted] })).offenders).toEqual([
        expect.objectContaining({
          module: 'orders',
          id: strange,
          problem: 'a dead letter that nobody planted',
        }),
      ]);
    }
    await eventually(async () =>
      expect((await channel.checkQueue('waybill.orders.events.dead')).messageCount).toBe(1),
    );
  });

  it('misses a dead letter that was planted', async () => {
    expect((await findings({ planted: ['gone'] })).offenders).toEqual([
      { id: 'gone', problem: 'a planted dead letter that is gone' },
    ]);
  });
});
