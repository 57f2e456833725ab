import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { eventually } from '../../../../test/eventually.js';
import { NotSent, OutcomeUnknown, Unavailable } from '../../errors/common.errors.js';
import { DomainError } from '../../errors/domain-error.js';
import { defineApi, rpc } from '../contract.js';
import type { Reply } from '../remote-modules.js';
import { CallPolicy } from './call-policy.js';

const shape = { input: z.object({}), output: z.object({}), errors: [] };
const { calls } = defineApi('depot', {
  read: rpc({ ...shape, idempotent: true }),
  readSoon: rpc({ ...shape, idempotent: true, timeoutMs: 300 }),
  write: rpc({ ...shape, idempotent: false }),
});

const ANSWER: Reply = { ok: true, value: {} };
const REFUSAL: Reply = { ok: false, error: new DomainError('A.B', { status: 409, title: 'no' }).toWire() };
const FAILURE: Reply = { ok: false, error: new OutcomeUnknown('failed there').toWire() };

describe('CallPolicy', () => {
  let policy: CallPolicy;
  /** What the attempts come to, one after the other; the last one again and again. */
  let outcomes: (Reply | Error)[];
  let times: number[];

  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(() => {
    policy = new CallPolicy('depot');
    times = [];
  });

  const attempt = async (timeoutMs: number): Promise<Reply> => {
    times.push(timeoutMs);
    const outcome = (outcomes.length > 1 ? outcomes.shift() : outcomes[0]) ?? ANSWER;
    await Promise.resolve();
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  const run = (call: keyof typeof calls) => policy.run(calls[call], attempt);
  const breakIt = async () => {
    outcomes = [new NotSent('away')];
    for (let failed = 0; failed < 5; failed += 1) await expect(run('write')).rejects.toThrow('away');
  };

  it('tries again at once, then after waits, until there is an answer', async () => {
    outcomes = [new NotSent('1'), new OutcomeUnknown('2'), ANSWER];
    expect(await run('read')).toEqual(ANSWER);
    const [first = 0, second = 0, third = 0] = times;
    expect(first).toBeGreaterThan(2900);
    expect(first - second).toBeLessThan(450);
    expect(second - third).toBeGreaterThanOrEqual(490);
  });

  it('does not take for certain what a later attempt says, when an earlier one may have been run', async () => {
    const away: Reply = { ok: false, error: new Unavailable('stopping').toWire() };
    outcomes = [new OutcomeUnknown('lost'), away];
    await expect(run('read')).rejects.toThrow(OutcomeUnknown);
    outcomes = [away];
    expect(await run('read')).toEqual(away);
    outcomes = [new OutcomeUnknown('lost'), REFUSAL];
    expect(await run('read')).toEqual(REFUSAL);
  });

  it('gives up within the time of the call, and never begins an attempt without time', async () => {
    outcomes = [new NotSent('away')];
    const began = performance.now();
    await expect(run('readSoon')).rejects.toThrow(NotSent);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(times.every((time) => time > 0)).toBe(true);
  });

  it('begins no attempt when the process stood still until the time was over', async () => {
    outcomes = [new OutcomeUnknown('lost'), new NotSent('away')];
    const running = policy.run(calls.readSoon, async (timeoutMs) => {
      const reply = attempt(timeoutMs);
      setTimeout(() => {
        const end = performance.now() + 400;
        while (performance.now() < end); // As a long garbage collection does.
      }, 1);
      return reply;
    });
    await expect(running).rejects.toThrow(OutcomeUnknown);
    expect(times.every((time) => time > 0)).toBe(true);
  });

  it('sends what must not run twice once', async () => {
    outcomes = [new OutcomeUnknown('lost'), ANSWER];
    await expect(run('write')).rejects.toThrow('lost');
    expect(times).toHaveLength(1);
  });

  it('does not know the outcome once an attempt may have arrived, even if a later one did not', async () => {
    outcomes = [new OutcomeUnknown('lost'), new NotSent('away')];
    await expect(run('readSoon')).rejects.toThrow(OutcomeUnknown);
  });

  it.each([
    ['a refusal', REFUSAL],
    ['a failure on the other side', FAILURE],
  ])('takes %s for an answer: not asked again, and never a reason to break', async (_, reply) => {
    outcomes = [reply];
    for (let asked = 0; asked < 20; asked += 1) expect(await run('read')).toEqual(reply);
    expect(times).toHaveLength(20);
    expect(policy.state).toBe(0);
  });

  it('does not send again what cannot be sent at all, nor breaks for it', async () => {
    outcomes = [new Unavailable('too large')];
    for (let asked = 0; asked < 10; asked += 1) await expect(run('read')).rejects.toThrow('too large');
    expect(times).toHaveLength(10);
    expect(policy.state).toBe(0);
  });

  it('breaks after five failures in a row, and refuses at once without an attempt', async () => {
    outcomes = [new NotSent('away'), new NotSent('away'), new NotSent('away'), new NotSent('away'), ANSWER];
    for (let failed = 0; failed < 4; failed += 1) await expect(run('write')).rejects.toThrow('away');
    await run('write');
    await breakIt();
    expect(policy.state).toBe(2);
    times = [];
    const refusals = await Promise.allSettled(Array.from({ length: 500 }, () => run('read')));
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ reason: expect.any(NotSent) });
    }
    expect(times).toEqual([]);
  });

  it('lets one through after two seconds, refuses the others meanwhile, and closes when it is answered', async () => {
    await breakIt();
    times = [];
    let finish = (_: Reply) => {};
    const slow = (timeoutMs: number) => {
      times.push(timeoutMs);
      return new Promise<Reply>((resolve) => {
        finish = resolve;
      });
    };
    const outcomesSoFar: Promise<unknown>[] = [];
    await eventually(() => {
      outcomesSoFar.push(policy.run(calls.write, slow).catch((error: unknown) => error));
      expect(times).toHaveLength(1);
    });
    const probe = outcomesSoFar.pop();
    for (const refused of outcomesSoFar) expect(await refused).toBeInstanceOf(NotSent);
    await expect(run('read')).rejects.toThrow(NotSent);
    expect(times).toHaveLength(1);

    finish(ANSWER);
    expect(await probe).toEqual(ANSWER);
    outcomes = [ANSWER];
    expect(await run('read')).toEqual(ANSWER);
  });

  it('stays broken when the one that it lets through fails', async () => {
    await breakIt();
    times = [];
    await eventually(async () => {
      await expect(run('read')).rejects.toThrow(NotSent);
      expect(times).toHaveLength(1);
    });
    expect(policy.state).toBe(2);
  });

  it('has two thousand calls under way at most, and queues none', async () => {
    let finish = () => {};
    const held = new Promise<Reply>((resolve) => {
      finish = () => resolve(ANSWER);
    });
    const under = Array.from({ length: 2000 }, () => policy.run(calls.write, () => held));
    await expect(run('write')).rejects.toMatchObject({ code: 'SERVICE.OVERLOADED' });
    finish();
    expect(await Promise.all(under)).toHaveLength(2000);
    outcomes = [ANSWER];
    expect(await run('write')).toEqual(ANSWER);
  });
});
