import type { WireError } from '../errors/domain-error.js';

/** What every saga keeps: its trace goes on when a sweeper takes it up. */
export interface SagaState {
  /** W3C trace context of the request that started it. */
  traceparent?: string | null;
}

/** One step of a workflow, with its undo beside it. Both must be safe to run again: a crash repeats them. */
export interface SagaStep<S> {
  name: string;
  /** Does it. What it gives is added to the state of this run. */
  do: (state: S) => Promise<Partial<S> | undefined>;
  /** Takes it back, whether or not it happened: its outcome may be unknown. `reason` is for people. */
  undo: (state: S, reason: string) => Promise<void>;
}

/**
 * A durable workflow. Its state is written with the thing that it works on, before the first step. Steps carry
 * their own keys and are repeated after a crash; only the turning points are written: the turn back, the end.
 */
export interface Saga<S extends SagaState> {
  name: string;
  steps: readonly SagaStep<S>[];
  /** After so long without an end it turns back. Seconds. */
  giveUpAfter: number;
  /** Why it turned back, then. */
  givenUp: () => WireError;
  /** The end after all steps. One transaction, with `finishSagas` in it. False when the claim is lost. */
  complete: (run: SagaRun<S>) => Promise<boolean>;
  /** The end after all undos. One transaction, with `finishSagas` in it. False when the claim is lost. */
  fail: (run: SagaRun<S>, failure: WireError) => Promise<boolean>;
}

export type SagaStatus = 'running' | 'compensating' | 'completed' | 'compensated';

/**
 * A claim on a saga. Every claim has a higher fence than the one before, and the end is only written under the
 * current fence: an owner that was stopped and comes back finds its claim lost.
 */
export interface SagaRun<S> {
  id: string;
  fence: number;
  status: SagaStatus;
  state: S;
  failure: WireError | null;
  /** 1 in the request that started it. */
  attempt: number;
  ageSeconds: number;
}

/** `pending`: it is not known yet, and a sweeper goes on. `lost`: another owner goes on. */
export type SagaOutcome =
  | { result: 'completed' }
  | { result: 'failed'; failure: WireError }
  | { result: 'pending' }
  | { result: 'lost' };

/** Gives a saga its type; there is nothing more to it. */
export function defineSaga<S extends SagaState>(saga: Saga<S>): Saga<S> {
  return saga;
}
