import { trace } from '@opentelemetry/api';
import { OutcomeUnknown, ServiceErrors, Unavailable } from '../../src/common/errors/common.errors.js';
import { DomainError } from '../../src/common/errors/domain-error.js';
import { defineApi, rpc } from '../../src/common/messaging/contract.js';
import { Handles } from '../../src/common/messaging/handler.decorators.js';
import { SpanKind } from '../../src/common/telemetry/tracing.js';
import { currentWork, runAs, type Work } from '../../src/common/telemetry/work-context.js';
import { z } from 'zod';
import { eventually } from '../eventually.js';
import { PACKED_AT, ParcelErrors, ParcelsApi, ParcelsController } from './parcels.js';
import { DISTANCES, type Ends } from './distances.js';
import { recordSpans } from './process.js';

const ElsewhereApi = defineApi('elsewhere', {
  ask: rpc({ input: z.object({}), output: z.object({}), errors: [], idempotent: true, timeoutMs: 1500 }),
});

const input = { id: 'p1', packedAt: PACKED_AT };
const answer = { grams: 500, weighedAt: PACKED_AT };

const spans = recordSpans();

describe.each(DISTANCES)('a call to another module, $name,', (distance) => {
  let there: Awaited<ReturnType<typeof distance.open>>;
  let ends: Ends;
  let controller: ParcelsController;

  beforeAll(async () => {
    there = await distance.open();
  });

  beforeEach(async () => {
    ends = await there.start({ controllers: [ParcelsController], api: ParcelsApi, nowhere: [ElsewhereApi] });
    controller = ends.callee.app.get(ParcelsController);
    spans.reset();
  });

  afterEach(() => ends.stop());

  afterAll(() => there.close());

  const parcels = () => ends.caller.client(ParcelsApi);
  /** What a call without types can be given, as from a process with another version of the contract. */
  const weighUnchecked = (value: unknown) => parcels().weigh(value as typeof input);
  const handled = (): jest.Mock => {
    const handler = jest.fn(() => answer);
    controller.onWeigh = handler;
    return handler;
  };

  it('arrives with its defaults and brings the answer back', async () => {
    const handler = handled();
    expect(await parcels().weigh(input)).toEqual(answer);
    expect(handler).toHaveBeenCalledWith({ ...input, tags: [] });
    expect(await parcels().list({})).toEqual(['a', 'b']);
    expect(await parcels().forget({ id: 'p1' })).toBeUndefined();
    expect(ends.callee.complaints).toEqual([]);
  });

  it('loses fields that the contract does not have, on both ways', async () => {
    const handler = handled();
    handler.mockReturnValue({ ...answer, secret: 'x' });
    expect(await weighUnchecked({ ...input, admin: true })).toEqual(answer);
    expect(handler).toHaveBeenCalledWith({ ...input, tags: [] });
  });

  it('shares no object between caller and handler', async () => {
    const tags = ['fragile'];
    controller.onWeigh = (received) => {
      received.tags.push('opened');
      return answer;
    };
    await parcels().weigh({ ...input, tags });
    expect(tags).toEqual(['fragile']);
  });

  it('never reaches the handler with an input that the contract does not have', async () => {
    const handler = handled();
    await expect(weighUnchecked({ ...input, id: 5 })).rejects.toThrow(z.ZodError);
    const reply = await ends.callee.transport.call('parcels.weigh', { id: '' });
    expect(reply).toMatchObject({ ok: false, error: { code: 'SERVICE.OUTCOME_UNKNOWN' } });
    expect(handler).not.toHaveBeenCalled();
  });

  it('never lets a Date cross: times are strings on both sides', async () => {
    const handler = handled();
    await expect(weighUnchecked({ ...input, packedAt: new Date() })).rejects.toThrow(z.ZodError);
    expect(handler).not.toHaveBeenCalled();
    handler.mockReturnValue({ grams: 500, weighedAt: new Date() });
    await expect(parcels().weigh(input)).rejects.toThrow(OutcomeUnknown);
  });

  it('brings a declared refusal back as its code, with all that it says, and logs nothing', async () => {
    controller.onWeigh = () => {
      throw ParcelErrors.LOST('p1 is lost', { errors: [{ path: 'id', message: 'lost' }] });
    };
    const refusal = await parcels()
      .weigh(input)
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DomainError);
    expect(refusal).not.toBeInstanceOf(OutcomeUnknown);
    expect((refusal as DomainError).toWire()).toEqual({
      code: 'PARCEL.LOST',
      status: 409,
      title: 'The parcel is lost',
      detail: 'p1 is lost',
      retryAfter: 7,
      errors: [{ path: 'id', message: 'lost' }],
    });
    expect(ends.callee.complaints).toEqual([]);
  });

  it.each<[string, () => unknown, string]>([
    ['a code that the contract does not declare', () => ParcelErrors.TOO_HEAVY(), 'PARCEL.TOO_HEAVY'],
    ['a bug', () => new TypeError('x is not a function'), 'x is not a function'],
    ['an internal error of common code', () => ServiceErrors.INTERNAL(), 'SERVICE.INTERNAL'],
    ['something that is not even an error', () => 'oops', 'oops'],
  ])('is of unknown outcome after %s, which is logged', async (_, failure, logged) => {
    controller.onWeigh = () => {
      throw failure();
    };
    const thrown = await parcels()
      .weigh(input)
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(OutcomeUnknown);
    expect((thrown as Error).message).toBe('parcels.weigh failed');
    controller.onWeigh = () => Promise.reject(failure() as Error);
    await expect(parcels().weigh(input)).rejects.toThrow(OutcomeUnknown);
    expect(ends.callee.complaints).toEqual([
      expect.stringContaining(logged),
      expect.stringContaining(logged),
    ]);
  });

  it.each([
    ['a wrong type', { grams: '500', weighedAt: PACKED_AT }],
    ['a fraction', { grams: 0.5, weighedAt: PACKED_AT }],
    ['a missing field', { grams: 500 }],
    ['nothing', undefined],
  ])('is of unknown outcome when it answers %s, and that is logged', async (_, wrong) => {
    controller.onWeigh = () => wrong as typeof answer;
    await expect(parcels().weigh(input)).rejects.toThrow(OutcomeUnknown);
    expect(ends.callee.complaints).toHaveLength(1);
  });

  it('is of unknown outcome when there is no answer in time, and goes on by itself', async () => {
    let finish = () => {};
    const finishing = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let finished = 0;
    controller.onWeigh = async () => {
      await finishing;
      finished += 1;
      throw ParcelErrors.LOST('too late to matter');
    };
    await expect(parcels().weigh(input)).rejects.toThrow('did not answer within 1500 ms');
    await expect(parcels().weigh(input)).rejects.toThrow(OutcomeUnknown);
    finish();
    await eventually(() => expect(finished).toBe(2));
  });

  it.each([
    ['Unavailable', new Unavailable('the database is away'), Unavailable],
    ['OutcomeUnknown', new OutcomeUnknown('no reply'), OutcomeUnknown],
  ])('hands %s of the handler on as what it is', async (_, thrown, kind) => {
    controller.onWeigh = () => Promise.reject(thrown);
    const caught = await parcels()
      .weigh(input)
      .catch((error: unknown) => error);
    expect(caught).toBeInstanceOf(kind);
    expect(caught).toMatchObject({ message: thrown.message, retryAfter: 2 });
  });

  it('was certainly not executed when nobody hosts it', async () => {
    await expect(ends.caller.client(ElsewhereApi).ask({})).rejects.toThrow(Unavailable);
  });

  it('is served to its end while the process stops, and then no more', async () => {
    let finish = () => {};
    const started = new Promise<void>((resolve) => {
      controller.onWeigh = async () => {
        resolve();
        await new Promise<void>((done) => {
          finish = done;
        });
        return answer;
      };
    });
    const running = parcels().weigh(input);
    await started;
    let closed = false;
    const closing = ends.callee.transport.close().then(() => {
      closed = true;
    });
    await expect(parcels().list({})).rejects.toThrow(Unavailable);
    expect(closed).toBe(false);
    finish();
    expect(await running).toEqual(answer);
    await closing;
  });

  it('runs in the name of the module called, on behalf of the same request', async () => {
    const seen: Work[] = [];
    controller.onWeigh = async () => {
      seen.push(currentWork());
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(currentWork());
      return answer;
    };
    await runAs(
      'callers',
      async () => {
        await parcels().weigh(input);
        seen.push(currentWork());
      },
      { correlationId: 'request 7', causationId: 'event 3' },
    );
    const work = { correlationId: 'request 7', causationId: 'event 3', about: {} };
    expect(seen).toEqual([
      { module: 'parcels', ...work },
      { module: 'parcels', ...work },
      { module: 'callers', ...work },
    ]);
  });

  it('leaves a client span and below it a server span in the trace of the caller', async () => {
    const tracer = trace.getTracer('test');
    controller.onWeigh = () => {
      tracer.startSpan('inside').end();
      return answer;
    };
    await tracer.startActiveSpan('request', async (request) => {
      await parcels().weigh(input);
      request.end();
    });
    const byName = (name: string, kind?: SpanKind) =>
      spans
        .getFinishedSpans()
        .find((span) => span.name === name && (kind === undefined || span.kind === kind));
    const request = byName('request');
    const client = byName('parcels.weigh', SpanKind.CLIENT);
    const server = byName('parcels.weigh', SpanKind.SERVER);
    expect(client?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(server?.parentSpanContext?.spanId).toBe(client?.spanContext().spanId);
    expect(byName('inside')?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId);
    expect(new Set(spans.getFinishedSpans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(client?.attributes).toMatchObject({ 'rpc.method': 'parcels.weigh', 'peer.service': 'parcels' });
  });
});

/** Checked by the compiler: what is wrong here must not compile, and what is right must. */
export class HandlerTypes {
  @Handles(ParcelsApi.calls.weigh)
  right(_input: { id: string; packedAt: string; tags: string[] }) {
    return Promise.resolve(answer);
  }

  // @ts-expect-error The answer lacks a field.
  @Handles(ParcelsApi.calls.weigh)
  lacking() {
    return Promise.resolve({ grams: 1 });
  }

  // @ts-expect-error The answer has a Date where the contract has a string.
  @Handles(ParcelsApi.calls.weigh)
  dated() {
    return Promise.resolve({ grams: 1, weighedAt: new Date() });
  }

  // @ts-expect-error It wants a field that the contract does not have.
  @Handles(ParcelsApi.calls.weigh)
  wanting(_input: { id: string; colour: string }) {
    return Promise.resolve(answer);
  }

  // @ts-expect-error It does not answer by a promise.
  @Handles(ParcelsApi.calls.weigh)
  immediate() {
    return answer;
  }
}
