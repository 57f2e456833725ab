import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shopper } from './shopper.js';
import type { Judgement } from './verdict.js';

/** One order; times by `performance.now()`. */
export interface Probe extends Judgement {
  key: string;
  sentAt: number;
  /** Infinity while nobody knows. */
  answeredAt: number;
}

/** Places an order every so often, whether or not the ones before are answered: an outage must not slow the probes. */
export class Prober {
  /** In the order in which they were sent; the last ones may not be answered yet. */
  readonly probes: Probe[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private readonly end = new AbortController();
  private readonly beat: Promise<void>;

  constructor(
    private readonly shopper: Shopper,
    everyMs: number,
  ) {
    this.beat = this.keepTime(everyMs);
  }

  /** The last `count` that were answered are good, and all sent since `since`. */
  isGood(count: number, since = 0): boolean {
    const last = this.probes.filter(({ answeredAt }) => answeredAt !== Infinity).slice(-count);
    return (
      last.length === count && last.every(({ verdict, sentAt }) => verdict === 'good' && sentAt >= since)
    );
  }

  /** Resolves when the last one is answered. */
  async stop(): Promise<void> {
    this.end.abort();
    await this.beat;
    await Promise.all(this.underWay);
  }

  private async keepTime(everyMs: number): Promise<void> {
    const { signal } = this.end;
    for (let next = performance.now(); !signal.aborted; next += everyMs) {
      const sent: Promise<void> = this.send().finally(() => this.underWay.delete(sent));
      this.underWay.add(sent);
      await sleep(Math.max(0, next + everyMs - performance.now()), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }

  private async send(): Promise<void> {
    const key = `chaos-${randomUUID()}`;
    const probe: Probe = {
      key,
      sentAt: performance.now(),
      answeredAt: Infinity,
      verdict: 'timeout',
      orderId: null,
      why: null,
    };
    this.probes.push(probe);
    const judgement = await this.shopper.order(key);
    Object.assign(probe, judgement, { answeredAt: performance.now() });
  }
}
