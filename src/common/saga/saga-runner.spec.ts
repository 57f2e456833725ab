import { Logger } from '@nestjs/common';
import { recordSpans } from '../../../test/recorded-spans.js';
import { startPostgres, type TestPostgres } from '../../../test/postgres.js';
import { NotSent, OutcomeUnknown, ServiceErrors, Unavailable } from '../errors/common.errors.js';
import { defineErrors, type WireError } from '../errors/domain-error.js';
import { newId } from '../ids.js';
import { inSpan, SpanKind } from '../telemetry/tracing.js';
import { currentTraceparent } from '../telemetry/work-context.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { defineSaga, type SagaRun, type SagaState } from './saga.js';
import { SagaRunner } from './saga-runner.js';
import { finishSagas, SagaStore } from './saga-store.js';
import { SagaTables1764000000001 } from './saga-tables.migration.js';

const Errors = defineErrors('TRIP', {
  FULL: { status: 409, title: 'Full' },
  GIVEN_UP: { status: 503, title: 'Given up' },
});

/** A trip of two bookings. */
interface Trip extends SagaState {
  tripId: string;
  card: string;
  ticket?: string;
}

type Did = 'book flight' | 'book hotel' | 'undo flight' | 'undo hotel' | 'complete' | 'fail';

describe('the saga runner', () => {
  let postgres: TestPostgres;
  let uow: UnitOfWork;
  let store: SagaStore;
  /** All that the saga did, in order. */
  let did: Did[];
  /** What happens instead: the failures of something, used up one by one. */
  let failures: Partial<Record<Did, Error[]>>;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    postgres = await startPostgres();
    uow = await postgres.module('alpha', { migrations: [SagaTables1764000000001] });
    store = new SagaStore(uow, 10);
  });

  beforeEach(async () => {
    did = [];
    failures = {};
    await postgres.sql('TRUNCATE alpha.sagas');
  });

  afterAll(() => postgres.stop());

  const act = async (what: Did) => {
    did.push(what);
    await Promise.resolve();
    const failure = failures[what]?.shift();
    if (failure) throw failure;
  };

  /** The end of a saga, as a module writes it. */
  const finish = async (run: SagaRun<Trip>, status: 'completed' | 'compensated') => {
    const ended = await uow.rows(finishSagas(status, { ids: '$1', fences: '$2' }, ['card']), [
      [run.id],
      [run.fence],
    ]);
    return ended.length > 0;
  };

  const trip = defineSaga<Trip>({
    name: 'trip',
    steps: [
      {
        name: 'flight',
        do: () => act('book flight').then(() => ({ ticket: 'T1' })),
        undo: () => act('undo flight'),
      },
      {
        name: 'hotel',
        do: () => act('book hotel').then(() => undefined),
        undo: () => act('undo hotel'),
      },
    ],
    giveUpAfter: 300,
    givenUp: () => Errors.GIVEN_UP().toWire(),
    complete: (run) => act('complete').then(() => finish(run, 'completed')),
    fail: (run) => act('fail').then(() => finish(run, 'compensated')),
  });

  const runner = () => new SagaRunner(trip, store);

  /** Written with its claim, as by the request that starts it. */
  const begin = async (): Promise<SagaRun<Trip>> => {
    const state: Trip = { tripId: newId(), card: 'secret' };
    await uow.rows(
      "INSERT INTO sagas (id, name, state, wake_at) VALUES ($1, 'trip', $2, now() + interval '10 seconds')",
      [state.tripId, JSON.stringify(state)],
    );
    return { id: state.tripId, fence: 1, status: 'running', state, failure: null, attempt: 1, ageSeconds: 0 };
  };
  const rowOf = async ({ id }: { id: string }) => {
    const [row] = await postgres.sql<{
      status: string;
      failure: WireError | null;
      state: object;
      wait: number;
    }>(
      `SELECT status, failure, state, attempts, round(extract(epoch FROM wake_at - now()))::int AS wait
       FROM alpha.sagas WHERE id = $1`,
      [id],
    );
    if (!row) throw new Error('no such saga');
    return row;
  };
  const endWaits = () =>
    postgres.sql("UPDATE alpha.sagas SET wake_at = now() - interval '1 ms' WHERE wake_at IS NOT NULL");
  const sweep = async () => {
    await endWaits();
    return runner().sweep(50);
  };

  it('takes every step and completes, and forgets its secrets', async () => {
    const run = await begin();
    expect(await runner().run(run)).toEqual({ result: 'completed' });
    expect(did).toEqual(['book flight', 'book hotel', 'complete']);
    expect(run.state.ticket).toBe('T1');
    expect(await rowOf(run)).toMatchObject({ status: 'completed', state: { tripId: run.id }, wait: null });
    expect((await rowOf(run)).state).not.toHaveProperty('card');
    expect(await sweep()).toBe(0);
  });

  it('ends at once when the first step is refused: there is nothing to take back', async () => {
    failures = { 'book flight': [Errors.FULL()] };
    const run = await begin();
    expect(await runner().run(run)).toEqual({ result: 'failed', failure: Errors.FULL().toWire() });
    expect(did).toEqual(['book flight', 'fail']);
    expect(await rowOf(run)).toMatchObject({ status: 'compensated', state: { tripId: run.id } });
    expect((await rowOf(run)).state).not.toHaveProperty('card');
  });

  it('takes the first step back when it is refused after an attempt whose outcome was unknown', async () => {
    failures = { 'book flight': [new OutcomeUnknown('slow'), Errors.FULL()] };
    const run = await begin();
    expect(await runner().run(run)).toEqual({ result: 'pending' });
    await sweep();
    expect(did).toEqual(['book flight', 'book flight', 'undo hotel', 'undo flight', 'fail']);
  });

  it('takes both steps back in reverse when the second is refused, its own outcome included', async () => {
    failures = { 'book hotel': [Errors.FULL('no rooms')] };
    const run = await begin();
    expect(await runner().run(run)).toEqual({ result: 'failed', failure: Errors.FULL('no rooms').toWire() });
    expect(did).toEqual(['book flight', 'book hotel', 'undo hotel', 'undo flight', 'fail']);
  });

  it('has written its decision to turn back before it takes anything back', async () => {
    failures = { 'book hotel': [Errors.FULL()], 'undo hotel': [new Error('crash')] };
    const run = await begin();
    expect(await runner().run(run)).toEqual({ result: 'pending' });
    expect(await rowOf(run)).toMatchObject({ status: 'compensating', failure: { code: 'TRIP.FULL' } });
    await sweep();
    expect(did).toEqual(['book flight', 'book hotel', 'undo hotel', 'undo hotel', 'undo flight', 'fail']);
    expect(await rowOf(run)).toMatchObject({ status: 'compensated', failure: { code: 'TRIP.FULL' } });
  });

  it('takes nothing back when another owner has it by the time it wants to turn back', async () => {
    failures = { 'book hotel': [Errors.FULL()] };
    const run = await begin();
    await endWaits();
    await store.claimDue('trip', 1);
    expect(await runner().run(run)).toEqual({ result: 'lost' });
    expect(did).toEqual(['book flight', 'book hotel']);
  });

  it('waits for an unknown outcome and goes on from the top', async () => {
    failures = { 'book hotel': [new OutcomeUnknown('slow'), new OutcomeUnknown('slow')] };
    const run = await begin();
    expect(await runner().run(run)).toEqual({ result: 'pending' });
    expect(await rowOf(run)).toMatchObject({ status: 'running', wait: 1, state: { card: 'secret' } });
    expect(await runner().sweep(50)).toBe(0);
    expect(await sweep()).toBe(1);
    expect(await rowOf(run)).toMatchObject({ status: 'running', attempts: 2, wait: 2 });
    await sweep();
    expect(await rowOf(run)).toMatchObject({ status: 'completed' });
    const once: Did[] = ['book flight', 'book hotel'];
    expect(did).toEqual([...once, ...once, ...once, 'complete']);
  });

  it.each([
    ['a bug', new TypeError('a bug')],
    ['an internal error elsewhere', ServiceErrors.INTERNAL()],
  ])('treats a failure that nobody foresaw as an unknown outcome: %s', async (_, failure) => {
    failures = { 'book hotel': [failure] };
    const run = await begin();
    expect(await runner().run(run)).toEqual({ result: 'pending' });
    expect(await rowOf(run)).toMatchObject({ status: 'running' });
  });

  it('turns back at once when a step was not executed in the request itself', async () => {
    failures = { 'book hotel': [new Unavailable('down')] };
    const outcome = await runner().run(await begin());
    expect(outcome).toMatchObject({
      result: 'failed',
      failure: { code: 'SERVICE.UNAVAILABLE', retryAfter: 2 },
    });
    expect(did.slice(-3)).toEqual(['undo hotel', 'undo flight', 'fail']);
  });

  it('does not ask the module of a call that never left to take it back', async () => {
    failures = { 'book hotel': [new NotSent('no hotel answers')] };
    const run = await begin();
    expect(await runner().run(run)).toMatchObject({
      result: 'failed',
      failure: { detail: 'no hotel answers' },
    });
    expect(did).toEqual(['book flight', 'book hotel', 'undo flight', 'fail']);
  });

  it('takes back even that after a crash, when nobody remembers that it never left', async () => {
    failures = {
      'book hotel': [new NotSent('no hotel answers')],
      'undo flight': [new Unavailable('no flight')],
    };
    const run = await begin();
    expect(await runner().run(run)).toEqual({ result: 'pending' });
    await postgres.sql("UPDATE alpha.sagas SET wake_at = now() - interval '1 s'");
    await runner().sweep(10);
    expect(did).toEqual(['book flight', 'book hotel', 'undo flight', 'undo hotel', 'undo flight', 'fail']);
  });

  it('waits when a step was not executed in a later attempt: an earlier one may have been', async () => {
    failures = { 'book hotel': [new OutcomeUnknown('slow'), new Unavailable('down')] };
    const run = await begin();
    await runner().run(run);
    await sweep();
    expect(await rowOf(run)).toMatchObject({ status: 'running' });
    await sweep();
    expect(await rowOf(run)).toMatchObject({ status: 'completed' });
  });

  it('takes up a saga whose owner died, when its lease is over and not before', async () => {
    const run = await begin();
    expect(await runner().sweep(50)).toBe(0);
    expect(await sweep()).toBe(1);
    expect(await rowOf(run)).toMatchObject({ status: 'completed' });
    expect(did).toEqual(['book flight', 'book hotel', 'complete']);
  });

  it('goes on in the trace of the request that started it', async () => {
    const spans = recordSpans();
    const state = await inSpan(
      'the request',
      SpanKind.SERVER,
      () => ({}),
      () => Promise.resolve({ tripId: newId(), card: 'secret', traceparent: currentTraceparent() }),
    );
    await uow.rows(
      "INSERT INTO sagas (id, name, state, wake_at) VALUES ($1, 'trip', $2, now() - interval '1 s')",
      [state.tripId, JSON.stringify(state)],
    );
    expect(await runner().sweep(50)).toBe(1);
    const recovery = spans.named('trip recover');
    expect(recovery.parentSpanContext?.spanId).toBe(spans.named('the request').spanContext().spanId);
  });

  it('goes on taking back after a crash among the undos', async () => {
    const run = await begin();
    expect(await store.decideToCompensate(run, Errors.FULL().toWire())).toBe(true);
    await sweep();
    expect(did).toEqual(['undo hotel', 'undo flight', 'fail']);
    expect(await rowOf(run)).toMatchObject({ status: 'compensated', failure: { code: 'TRIP.FULL' } });
  });

  it('lets an owner that was stopped and comes back end nothing, neither way', async () => {
    const stale = await begin();
    await endWaits();
    const [fresh] = await store.claimDue<Trip>('trip', 1);
    expect(fresh?.fence).toBe(2);
    expect(await runner().run({ ...stale })).toEqual({ result: 'lost' });
    failures = { 'book flight': [Errors.FULL()] };
    expect(await runner().run({ ...stale })).toEqual({ result: 'lost' });
    failures = { 'book flight': [new OutcomeUnknown('slow')] };
    expect(await runner().run({ ...stale })).toEqual({ result: 'pending' });
    expect(await rowOf(stale)).toMatchObject({ status: 'running', wait: 10, state: { card: 'secret' } });
    if (fresh) expect(await runner().run(fresh)).toEqual({ result: 'completed' });
  });

  it('ends each saga once, though five sweepers race and leases run out under them', async () => {
    const runs = await Promise.all(Array.from({ length: 30 }, begin));
    for (let round = 0; round < 3; round++) {
      await endWaits();
      const claims = await Promise.all([1, 2, 3, 4, 5].map(() => store.claimDue<Trip>('trip', 10)));
      const ids = claims.flat().map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      await endWaits();
      const again = await store.claimDue<Trip>('trip', 50);
      const ended = await Promise.all([...claims.flat(), ...again].map((run) => runner().run(run)));
      const completed = ended.filter(({ result }) => result === 'completed').length;
      expect(completed).toBe(round === 0 ? runs.length : 0);
    }
    const left = await postgres.sql("SELECT id FROM alpha.sagas WHERE status <> 'completed'");
    expect(left).toEqual([]);
  });

  it('tries an undo that fails for ever, with waits of at most ten seconds', async () => {
    failures = {
      'book hotel': [Errors.FULL()],
      'undo flight': Array.from({ length: 12 }, () => Errors.FULL('not yet')),
    };
    const run = await begin();
    await runner().run(run);
    const waits = [(await rowOf(run)).wait];
    for (let attempt = 2; attempt <= 12; attempt++) {
      await sweep();
      waits.push((await rowOf(run)).wait);
    }
    expect(waits).toEqual([1, 2, 4, 8, 10, 10, 10, 10, 10, 10, 10, 10]);
    expect(await rowOf(run)).toMatchObject({ status: 'compensating', failure: { detail: 'Full' } });
    await sweep();
    expect(await rowOf(run)).toMatchObject({ status: 'compensated' });
  });

  it('turns back when it has not ended for too long', async () => {
    failures = { 'book hotel': [new OutcomeUnknown('slow')] };
    const run = await begin();
    await runner().run(run);
    await postgres.sql("UPDATE alpha.sagas SET created_at = now() - interval '301 seconds'");
    await sweep();
    expect(did.slice(2)).toEqual(['undo hotel', 'undo flight', 'fail']);
    expect(await rowOf(run)).toMatchObject({ status: 'compensated', failure: { code: 'TRIP.GIVEN_UP' } });
  });

  it('asks again when it is not known whether the end was written', async () => {
    failures = { complete: [new OutcomeUnknown('the reply to COMMIT was lost')] };
    const run = await begin();
    expect(await runner().run(run)).toEqual({ result: 'pending' });
    await sweep();
    expect(await rowOf(run)).toMatchObject({ status: 'completed' });
  });

  it('turns a completed saga back on demand, once', async () => {
    const run = await begin();
    await runner().run(run);
    const turned = await uow.run((tx) => store.turnBack<Trip>(tx, run.id, Errors.FULL().toWire()));
    expect(turned).toMatchObject({ fence: 2, status: 'compensating', attempt: 2 });
    if (turned) expect(await runner().run(turned)).toMatchObject({ result: 'failed' });
    expect(await uow.run((tx) => store.turnBack(tx, run.id, Errors.FULL().toWire()))).toBeNull();
  });

  it('leaves sagas of another name alone', async () => {
    const run = await begin();
    await postgres.sql("UPDATE alpha.sagas SET name = 'another'");
    expect(await sweep()).toBe(0);
    expect(await rowOf(run)).toMatchObject({ status: 'running' });
  });
});
