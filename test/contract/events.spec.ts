import { Controller } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import { z } from 'zod';
import {
  defineEvents,
  type EnvelopeOf,
  type EventEnvelope,
  type EventType,
  event,
  type PayloadOf,
} from '../../src/common/messaging/contract.js';
import { EventPump } from '../../src/common/messaging/event-pump.js';
import { On } from '../../src/common/messaging/handler.decorators.js';
import { Inbox } from '../../src/common/messaging/inbox.js';
import { appendEvents, newEvent, type OutboxEvent } from '../../src/common/messaging/outbox.js';
import type { UnitOfWork } from '../../src/common/persistence/unit-of-work.js';
import { SpanKind } from '../../src/common/telemetry/tracing.js';
import { currentWork, runAs, type Work } from '../../src/common/telemetry/work-context.js';
import { eventually } from '../eventually.js';
import { startPostgres, type TestPostgres } from '../postgres.js';
import { recordSpans, startProcess, type TestProcess } from './process.js';

const ParcelEvents = defineEvents('parcels', {
  lost: event({ payload: z.object({ id: z.string() }), key: ({ id }) => id }),
  found: event({ payload: z.object({ id: z.string() }), key: ({ id }) => id }),
});

type Lost = EnvelopeOf<typeof ParcelEvents.lost>;

/** Two modules that take in the same event. */
@Controller()
class Consumers {
  readonly heard: string[] = [];
  onInsurance: (event: Lost) => Promise<void> = () => Promise.resolve();

  @On(ParcelEvents.lost, 'insurance')
  async insure(event: Lost): Promise<void> {
    await this.onInsurance(event);
    this.heard.push(`insurance ${event.payload.id}`);
  }

  @On(ParcelEvents.lost, 'gossip')
  gossip(event: Lost): Promise<void> {
    this.heard.push(`gossip ${event.payload.id}`);
    return Promise.resolve();
  }
}

describe('an event', () => {
  const spans = recordSpans();
  let postgres: TestPostgres;
  let process: TestProcess;
  let consumers: Consumers;
  let modules: UnitOfWork[];
  let producer: UnitOfWork;
  let pumps: EventPump[];

  beforeAll(async () => {
    postgres = await startPostgres();
    producer = await postgres.module('parcels');
    modules = [producer, await postgres.module('insurance'), await postgres.module('gossip')];
  });

  beforeEach(async () => {
    process = await startProcess({ controllers: [Consumers] });
    consumers = process.app.get(Consumers);
    await postgres.sql('TRUNCATE parcels.outbox, insurance.inbox, gossip.inbox');
    pumps = modules.map(
      (uow) => new EventPump(uow, new Inbox(uow.module, uow, 10), process.transport, process.transport, 30),
    );
    for (const pump of pumps) {
      pump.onModuleInit();
      await pump.onApplicationBootstrap();
    }
    spans.reset();
  });

  afterEach(async () => {
    await Promise.all(pumps.map((pump) => pump.onModuleDestroy()));
    await process.stop();
  });

  afterAll(() => postgres.stop());

  const tell = async (...events: OutboxEvent[]) => {
    await producer.run((tx) => appendEvents(tx, events));
    pumps[0]?.kick();
  };
  const lost = (id: string) => newEvent(ParcelEvents.lost, { id });
  const pending = () => postgres.sql('SELECT name FROM parcels.outbox WHERE published_at IS NULL');
  const inbox = () => postgres.sql('SELECT state, attempts, error FROM insurance.inbox');
  const allSent = () => eventually(async () => expect(await pending()).toEqual([]));

  it('reaches every consumer', async () => {
    await tell(lost('p1'));
    await allSent();
    expect(consumers.heard.toSorted()).toEqual(['gossip p1', 'insurance p1']);
  });

  it('without a consumer is done', async () => {
    await tell(newEvent(ParcelEvents.found, { id: 'p1' }));
    await allSent();
    expect(consumers.heard).toEqual([]);
  });

  it('that a consumer cannot take in is kept with the reason, while others flow, and is taken in later', async () => {
    let broken = true;
    consumers.onInsurance = ({ payload }) =>
      broken && payload.id === 'p1' ? Promise.reject(new RangeError('no such policy')) : Promise.resolve();
    await tell(lost('p1'), lost('p2'), lost('p1'));
    await allSent();
    expect(consumers.heard.toSorted()).toEqual(['gossip p1', 'gossip p1', 'gossip p2', 'insurance p2']);
    const parked = { state: 'waiting', attempts: 1, error: 'RangeError: no such policy' };
    expect(await inbox()).toEqual([parked, parked]);
    expect(process.complaints.join()).toContain('insurance could not take in parcels.lost');

    broken = false;
    await postgres.sql("UPDATE insurance.inbox SET due_at = now() - interval '1 ms'");
    await eventually(() => expect(consumers.heard.filter((each) => each === 'insurance p1')).toHaveLength(2));
    await eventually(async () => {
      const states = (await inbox()).map(({ state }) => state as string);
      expect(states).toEqual(['done', 'done']);
    });
  });

  it('with a payload that its contract does not have reaches no handler and holds nothing up', async () => {
    const poison = { ...lost('p1'), payload: { id: 5 } as unknown };
    await tell(poison as OutboxEvent, lost('p2'));
    await allSent();
    expect(consumers.heard.toSorted()).toEqual(['gossip p2', 'insurance p2']);
    expect(await inbox()).toEqual([
      { state: 'waiting', attempts: 1, error: expect.stringContaining('ZodError') },
    ]);
  });

  it('comes in the name of the consumer, on behalf of the request, and below its trace', async () => {
    const seen: Work[] = [];
    const caused: EventEnvelope[] = [];
    consumers.onInsurance = () => {
      seen.push(currentWork());
      caused.push(newEvent(ParcelEvents.found, { id: 'p1' }));
      return Promise.resolve();
    };
    const made = trace.getTracer('test').startActiveSpan('request', (request) => {
      request.end();
      return runAs('parcels', () => lost('p1'), { correlationId: 'request 7' });
    });
    await tell(made);
    await allSent();
    const about = { event_id: made.id };
    expect(seen).toEqual([{ module: 'insurance', correlationId: 'request 7', causationId: made.id, about }]);
    expect(caused).toMatchObject([{ correlationId: 'request 7', causationId: made.id }]);
    const request = spans.getFinishedSpans().find(({ name }) => name === 'request');
    const taken = spans.getFinishedSpans().filter(({ name }) => name === 'parcels.lost process');
    expect(taken).toHaveLength(2);
    for (const span of taken) {
      expect(span.kind).toBe(SpanKind.CONSUMER);
      const parent = spans
        .getFinishedSpans()
        .find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId);
      expect([parent?.name, parent?.kind]).toEqual(['parcels.lost publish', SpanKind.PRODUCER]);
      expect(parent?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
      expect(span.links.map(({ context }) => context.spanId)).toEqual([parent?.spanContext().spanId]);
      expect(span.spanContext().traceId).toBe(request?.spanContext().traceId);
    }
  });

  it('is sent without a hint, too', async () => {
    await producer.run((tx) => appendEvents(tx, [lost('p1')]));
    await allSent();
  });

  it('is taken in to its end while the process stops, and later ones stay in the outbox', async () => {
    let finish = () => {};
    const started = new Promise<void>((resolve) => {
      consumers.onInsurance = async () => {
        resolve();
        await new Promise<void>((done) => {
          finish = done;
        });
      };
    });
    await tell(lost('p1'));
    await started;
    const stopping = Promise.all([pumps[0]?.onModuleDestroy(), process.transport.close()]);
    await producer.run((tx) => appendEvents(tx, [lost('p2')]));
    finish();
    await stopping;
    expect(consumers.heard).toContain('insurance p1');
    expect(await pending()).toHaveLength(1);
  });
});

/** Checked by the compiler: a consumer of another event's payload must not compile. */
export class ConsumerTypes {
  @On(ParcelEvents.lost, 'insurance')
  right(_event: EventEnvelope<PayloadOf<EventType<(typeof ParcelEvents.lost)['payload']>>>): Promise<void> {
    return Promise.resolve();
  }

  // @ts-expect-error The event has no such field.
  @On(ParcelEvents.lost, 'insurance')
  wrong(_event: EventEnvelope<{ colour: string }>): Promise<void> {
    return Promise.resolve();
  }
}
