import { Logger } from '@nestjs/common';
import { context } from '@opentelemetry/api';
import { isRefusal, NotSent, OutcomeUnknown, Unavailable } from '../errors/common.errors.js';
import type { DomainError, WireError } from '../errors/domain-error.js';
import { failpoint } from '../failpoint.js';
import { outcomeOf } from '../messaging/messaging.metrics.js';
import { subjectsIn } from '../telemetry/names.js';
import { inSpan, SpanKind } from '../telemetry/tracing.js';
import { contextFrom, currentWork, tellAbout, withWork } from '../telemetry/work-context.js';
import type { Saga, SagaOutcome, SagaRun, SagaState, SagaStep } from './saga.js';
import { recovered, stepDuration } from './saga.metrics.js';
import type { SagaStore } from './saga-store.js';

/** Undos cross to other modules, and their inputs are bounded. */
const LONGEST_REASON = 200;

interface FailedStep {
  failure: WireError;
  /** Nobody has heard of it: its own undo would reach no more than it did. */
  unsent: boolean;
}

/**
 * Runs a saga from where it can be: forward through its steps, or back through its undos.
 *
 * A refusal turns it back. So does a step that was certainly not executed, in the request that started it: its
 * caller is told at once. A step of unknown outcome is asked again later; it may have happened.
 */
export class SagaRunner<S extends SagaState> {
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
    await Promise.all(runs.map((run) => this.recover(run)));
    return runs.length;
  }

  /** In the trace of the request that started it, however long ago that was. */
  private recover(run: SagaRun<S>): Promise<SagaOutcome> {
    recovered.inc({});
    const work = { ...currentWork(), about: {} };
    return context.with(withWork(contextFrom(run.state.traceparent), work), () =>
      inSpan(
        `${this.saga.name} recover`,
        SpanKind.INTERNAL,
        () => ({}),
        (span) => {
          tellAbout(subjectsIn(run.state), span);
          return this.run(run);
        },
      ),
    );
  }

  private async forward(run: SagaRun<S>): Promise<SagaOutcome> {
    for (const [index, step] of this.saga.steps.entries()) {
      const failed = await this.attempt(step, run);
      if (!failed) continue;
      const { failure, unsent } = failed;
      // Refused at the first step, nothing is to be taken back: unless an earlier attempt at it is still on its way.
      if (index === 0 && run.attempt === 1) return this.end(run, failure);
      return this.turnBack(run, failure, this.saga.steps.slice(0, unsent ? index : undefined));
    }
    const complete = () => this.saga.complete(run);
    const labelsOf = (error: unknown) => ({ step: 'complete', outcome: outcomeOf(error) });
    return (await stepDuration.time(labelsOf, complete)) ? { result: 'completed' } : { result: 'lost' };
  }

  /** Null when the step was done, the failure when it was refused; throws when it is not known. */
  private async attempt(step: SagaStep<S>, run: SagaRun<S>): Promise<FailedStep | null> {
    try {
      const labelsOf = (error: unknown) => ({ step: step.name, outcome: outcomeOf(error) });
      Object.assign(run.state, await stepDuration.time(labelsOf, () => step.do(run.state)));
      failpoint(`${this.saga.name}.done.${step.name}`);
      return null;
    } catch (error) {
      const inTheRequest = error instanceof Unavailable && run.attempt === 1;
      if (!isRefusal(error) && !inTheRequest) throw error;
      return { failure: error.toWire(), unsent: error instanceof NotSent };
    }
  }

  private async turnBack(
    run: SagaRun<S>,
    failure: WireError,
    done: readonly SagaStep<S>[] = this.saga.steps,
  ): Promise<SagaOutcome> {
    if (!(await this.store.decideToCompensate(run, failure))) return { result: 'lost' };
    failpoint(`${this.saga.name}.turned back`);
    run.status = 'compensating';
    run.failure = failure;
    return this.undo(run, failure, done);
  }

  /** In reverse; all that may have happened, not only what is known to: an undo of nothing does no harm. */
  private async undo(
    run: SagaRun<S>,
    failure: WireError,
    done: readonly SagaStep<S>[] = this.saga.steps,
  ): Promise<SagaOutcome> {
    for (const step of done.toReversed()) {
      await stepDuration.time(
        (error) => ({ step: step.name, outcome: error === null ? 'undone' : 'undo_failed' }),
        () => step.undo(run.state, failure.detail.slice(0, LONGEST_REASON)),
      );
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
