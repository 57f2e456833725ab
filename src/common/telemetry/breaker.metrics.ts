import { CircuitState } from 'cockatiel';
import { gauge } from './instruments.js';

export const BREAKER_CLOSED = 0;
export const BREAKER_HALF_OPEN = 1;
const STATES: Record<CircuitState, number> = {
  [CircuitState.Closed]: BREAKER_CLOSED,
  [CircuitState.HalfOpen]: BREAKER_HALF_OPEN,
  [CircuitState.Open]: 2,
  [CircuitState.Isolated]: 2,
};

export const breakerState = gauge({
  name: 'circuit_breaker_state',
  help: 'Of calls to the target: 0 closed, 1 half-open (the next call tries it), 2 open (calls are refused)',
  labels: ['target'],
});

/**
 * A breaker's state as `circuit_breaker_state` tells it. cockatiel calls one open until somebody tries; one that would
 * let a call through, `openMs` after it opened, is half-open: without callers nothing is refused.
 */
export function breakerNumber(state: CircuitState, openedAt: number, openMs: number): number {
  const waits = state === CircuitState.Open && performance.now() - openedAt >= openMs;
  return waits ? STATES[CircuitState.HalfOpen] : STATES[state];
}
