import { Logger } from '@nestjs/common';
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  circuitBreaker,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleWhen,
  retry,
} from 'cockatiel';
import { NotSent, OutcomeUnknown, ServiceErrors } from '../../errors/common.errors.js';
import type { Rpc } from '../contract.js';
import { breakerNumber } from '../../telemetry/breaker.metrics.js';
import type { Reply } from '../remote-modules.js';

/** Milliseconds before the second, third and fourth attempt. The waits are cut at random, down to half. */
const WAITS = [0, 1000, 2000];
/** Failures of the transport in a row after which calls are answered in the module's stead. */
const BREAKS_AFTER = 5;
const OPEN_MS = 2000;
/** Calls to one module that are under way at a time. What comes on top is refused, not kept in memory. */
const MAX_UNDER_WAY = 2000;
/** An attempt that has less time than this left, in milliseconds, is not begun. */
const SHORTEST_MS = 100;

/** Sends a call that may take so many milliseconds. Rejects when the transport failed. */
export type Attempt = (timeoutMs: number) => Promise<Reply>;

/**
 * How calls to one module of another process are made: so many at a time, again where that is safe and the call's
 * time allows, and not at all for a while when the transport keeps failing. An answer is never held against the
 * module, whether it is a refusal or a failure of its own.
 */
export class CallPolicy {
  private readonly log = new Logger('CallPolicy');
  private readonly bulkhead = bulkhead(MAX_UNDER_WAY);
  private readonly breaker = circuitBreaker(handleWhen(isTransportFailure), {
    halfOpenAfter: OPEN_MS,
    breaker: new ConsecutiveBreaker(BREAKS_AFTER),
  });

  private openedAt = 0;

  constructor(private readonly module: string) {
    this.breaker.onStateChange((state) => {
      if (state === CircuitState.Open) this.openedAt = performance.now();
    });
    this.breaker.onBreak(() =>
      this.log.warn(
        `${module} cannot be reached: calls to it are refused, one tries again every ${OPEN_MS / 1000} s`,
      ),
    );
    this.breaker.onReset(() => this.log.log(`${module} can be reached again`));
  }

  /** As `circuit_breaker_state` tells it. */
  get state(): number {
    return breakerNumber(this.breaker.state, this.openedAt, OPEN_MS);
  }

  /** Rejects with NotSent or OVERLOADED when nothing was executed, with OutcomeUnknown when that is not known. */
  async run(rpc: Rpc, attempt: Attempt): Promise<Reply> {
    try {
      return await this.bulkhead.execute(() => this.withinTime(rpc, attempt));
    } catch (error) {
      if (error instanceof BulkheadRejectedError)
        throw ServiceErrors.OVERLOADED(`${MAX_UNDER_WAY} calls to ${this.module} are under way already`);
      throw error;
    }
  }

  private async withinTime(rpc: Rpc, attempt: Attempt): Promise<Reply> {
    const deadline = performance.now() + rpc.timeoutMs;
    /** Once an attempt may have been executed, no later one makes it certain that none was. */
    const earlier: { unknown?: OutcomeUnknown } = {};
    const once = async (): Promise<Reply> => {
      const left = deadline - performance.now();
      // A wait may end late, and the broker takes a message that expires in the past for a breach of protocol.
      if (left <= 0) throw new NotSent(`No time is left for ${rpc.pattern}`);
      try {
        return await this.unlessBroken(() => attempt(left));
      } catch (error) {
        if (error instanceof OutcomeUnknown) earlier.unknown = error;
        throw error;
      }
    };
    try {
      const reply = rpc.idempotent ? await again(deadline).execute(once) : await once();
      if (earlier.unknown && isFailure(reply)) throw earlier.unknown;
      return reply;
    } catch (error) {
      throw earlier.unknown ?? error;
    }
  }

  private async unlessBroken(attempt: () => Promise<Reply>): Promise<Reply> {
    // While one call tries the module, cockatiel would let the others wait for what comes of it.
    if (this.breaker.state === CircuitState.HalfOpen) throw new Refused(this.module);
    try {
      return await this.breaker.execute(attempt);
    } catch (error) {
      throw error instanceof BrokenCircuitError ? new Refused(this.module) : error;
    }
  }
}

/** The breaker has refused the call: to try again at once would be of no use. */
class Refused extends NotSent {
  constructor(module: string) {
    super(`${module} cannot be reached at the moment`);
  }
}

/** The module's process could not do it: that says nothing of an attempt before. A refusal does: it was asked. */
function isFailure(reply: Reply): boolean {
  return !reply.ok && reply.error.code.startsWith('SERVICE.');
}

function isTransportFailure(error: unknown): boolean {
  return error instanceof NotSent || error instanceof OutcomeUnknown;
}

function again(deadline: number) {
  const worthIt = (error: unknown) =>
    isTransportFailure(error) && !(error instanceof Refused) && deadline - performance.now() > SHORTEST_MS;
  const wait = ({ attempt }: { attempt: number }) => {
    const planned = (WAITS[attempt - 1] ?? 0) * (0.5 + Math.random() / 2);
    return Math.min(planned, Math.max(0, deadline - performance.now() - SHORTEST_MS));
  };
  return retry(handleWhen(worthIt), { maxAttempts: WAITS.length, backoff: new DelegateBackoff(wait) });
}
