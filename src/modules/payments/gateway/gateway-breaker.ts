import { Logger } from '@nestjs/common';
import { BrokenCircuitError, CircuitState, circuitBreaker, handleWhen, SamplingBreaker } from 'cockatiel';
import { breakerNumber } from '../../../common/telemetry/breaker.metrics.js';
import { GatewayFailure, GatewayUnreachable } from './payment-gateway.js';

/** Opens when over half of at least ten calls in ten seconds failed; a refusal by the gateway is no failure. */
const WINDOW = { threshold: 0.5, duration: 10_000, minimumRps: 1 };
const OPEN_MS = 2_000;

/** Answers for a gateway that fails, at once and in its stead. A call that is turned away was never sent. */
export class GatewayBreaker {
  private readonly log = new Logger('PaymentGateway');
  private readonly policy = circuitBreaker(
    handleWhen((error) => error instanceof GatewayFailure),
    {
      halfOpenAfter: OPEN_MS,
      breaker: new SamplingBreaker(WINDOW),
    },
  );

  private openedAt = 0;

  constructor(private readonly what: string) {
    this.policy.onStateChange((state) => {
      if (state === CircuitState.Open) this.openedAt = performance.now();
    });
    this.policy.onBreak(() =>
      this.log.warn(`The gateway fails: ${what} wait, one tries again every ${OPEN_MS / 1000} s`),
    );
    this.policy.onReset(() => this.log.log(`The gateway answers again: ${what} go on`));
  }

  /** As `circuit_breaker_state` tells it. */
  get state(): number {
    return breakerNumber(this.policy.state, this.openedAt, OPEN_MS);
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    // While one call tries the gateway, cockatiel would let the others wait for what comes of it.
    if (this.policy.state === CircuitState.HalfOpen) throw this.turnedAway();
    try {
      return await this.policy.execute(call);
    } catch (error) {
      throw error instanceof BrokenCircuitError ? this.turnedAway() : error;
    }
  }

  private turnedAway(): GatewayUnreachable {
    return new GatewayUnreachable(`${this.what} are not sent: the gateway has been failing`);
  }
}
