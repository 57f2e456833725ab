import { Logger } from '@nestjs/common';
import { isRefusal, OutcomeUnknown, Unavailable } from '../errors/common.errors.js';
import type { DomainError, WireError } from '../errors/domain-error.js';
import { failpoint } from '../failpoint.js';
import type { Saga, SagaOutcome, SagaRun, SagaStep } from './saga.js';
import type { SagaStore } from './saga-store.js';

/** Undos cross to other modules, and their inputs are bounded. */
const LONGEST_REASON = 200;

/**
 * Runs a saga from where it can be: forward through its steps, or back through its undos.
 *
 * A refusal turns it back. So does a step that was certainly not executed, in the request that started it: its
 * caller is told at once. A step of unknown outcome is asked again later; it may have happened.
 */
export class SagaRunner<S extends object> {
  private readonly log = new Logger('Saga');

  constructor(
    private readonly saga: Saga<S>,
    private readonly store: SagaStore,
  ) {}

  async run(run: SagaRun<S>): Promise<SagaOutcome> {
    try {
      if (run.status === 'compensating') return await this.undo(run, run.failure ?? this.saga.givenUp());
      if (run.ageSeconds > this.saga.giveUpAfter) return await this.turnBack(run, this.saga.givenUp());
      return await this.forward(run);
    } catch (error) {
      return this.postpone(run, error);
    }
  }

  /** Takes up sagas whose owner is gone or that were postponed. Gives how many. */
  async sweep(limit: number): Promise<number> {
    const runs = await this.store.claimDue<S>(this.saga.name, limit);
    await Promise.all(runs.map((run) => this.run(run)));
    return runs.length;
  }

  private async forward(run: SagaRun<S>): Promise<SagaOutcome> {
    for (const [index, step] of this.saga.steps.entries()) {
      const failure = await this.attempt(step, run);
      // Refused at the first step, nothing is to be taken back: unless an earlier attempt at it is still on its way.
      if (failure && index === 0 && run.attempt === 1) return this.end(run, failure);
      if (failure) return this.turnBack(run, failure);
    }
    return (await this.saga.complete(run)) ? { result: 'completed' } : { result: 'lost' };
  }

  /** Null when the step was done, the failure when it was refused; throws when it is not known. */
  private async attempt(step: SagaStep<S>, run: SagaRun<S>): Promise<WireError | null> {
    try {
      Object.assign(run.state, await step.do(run.state));
      failpoint(`${this.saga.name}.done.${step.name}`);
      return null;
    } catch (error) {
      if (isRefusal(error)) return error.toWire();
      if (error instanceof Unavailable && run.attempt === 1) return error.toWire();
      throw error;
    }
  }

  private async turnBack(run: SagaRun<S>, failure: WireError): Promise<SagaOutcome> {
    if (!(await this.store.decideToCompensate(run, failure))) return { result: 'lost' };
    failpoint(`${this.saga.name}.turned back`);
    run.status = 'compensating';
    run.failure = failure;
    return this.undo(run, failure);
  }

  /** All steps in reverse, not only those known to be done: an undo of nothing does no harm. */
  private async undo(run: SagaRun<S>, failure: WireError): Promise<SagaOutcome> {
    for (const step of this.saga.steps.toReversed()) {
      await step.undo(run.state, failure.detail.slice(0, LONGEST_REASON));
      failpoint(`${this.saga.name}.undone.${step.name}`);
    }
    return this.end(run, failure);
  }

  private async end(run: SagaRun<S>, failure: WireError): Promise<SagaOutcome> {
    return (await this.saga.fail(run, failure)) ? { result: 'failed', failure } : { result: 'lost' };
  }

  private async postpone(run: SagaRun<S>, error: unknown): Promise<SagaOutcome> {
    const expected = error instanceof OutcomeUnknown || error instanceof Unavailable;
    const details = { err: error, saga: this.saga.name, saga_id: run.id, attempt: run.attempt };
    if (!expected || run.attempt % 10 === 0)
      this.log.error(details, 'A saga could not go on; it is tried again');
    else
      this.log.warn(
        { ...details, err: (error as DomainError).message },
        'A saga waits for an unknown outcome',
      );
    // Should this fail as well, the lease runs out and the sweeper comes by itself.
    await this.store.postpone(run).catch(() => undefined);
    return { result: 'pending' };
  }
}
