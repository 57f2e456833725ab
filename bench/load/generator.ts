import { Pool } from 'undici';
import { shotsOf, type Shot, type Traffic } from './requests.js';

/**
 * How requests arrive. `connections`: closed loop, each sends its next request when the last one is answered.
 * `rate`: open loop, so many a second whatever becomes of them, as independent customers would.
 */
export type Arrivals = { connections: number } | { rate: number };

export interface LoadOrder {
  url: string;
  traffic: Traffic;
  arrivals: Arrivals;
  /** Nothing is sent after that; what is in flight is waited for. */
  seconds: number;
}

export interface LoadResult {
  sent: number;
  /** How often each status came; `error` for a connection that broke. */
  answers: Record<string, number>;
  /** Milliseconds of the answers below 400, ascending: `p50`, `p90`, `p99`, `p999`, `max`. */
  latency: Percentiles;
  /** Of the answers with an error: how long a refusal takes. */
  refusalLatency: Percentiles;
  /** Seconds until the last answer was there. */
  seconds: number;
  /** Of the orders that were acknowledged with 201. */
  orderIds: string[];
  /** CPU seconds that the generator itself took: they count among those of the machine. */
  cpuSeconds: number;
}

export type Percentiles = Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>;

const CREATED = 201;
/** Past this the machine could not hold the connections; arrivals wait, and their wait counts. */
const MOST_CONNECTIONS = 2000;
/** Arrivals that are late are sent at once, so a tick need not be fine. */
const TICK_MS = 2;

/**
 * Sends load and takes the time of each answer. In the open loop the time runs from the moment at which the request
 * was due, not from when it could be sent: a stall of the server shows in all that were due in it (Gil Tene's
 * "coordinated omission").
 */
export async function generate({ url, traffic, arrivals, seconds }: LoadOrder): Promise<LoadResult> {
  const shots = shotsOf(traffic);
  const connections = 'connections' in arrivals ? arrivals.connections : MOST_CONNECTIONS;
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const tally = new Tally();
  const cpu = process.cpuUsage();
  const started = performance.now();
  const fire = (due: number) =>
    send(pool, shots(), (status, location) => tally.add(status, performance.now() - due, location));
  if ('connections' in arrivals) {
    await Promise.all(
      Array.from({ length: arrivals.connections }, async () => {
        while (performance.now() - started < seconds * 1000) await fire(performance.now());
      }),
    );
  } else await openLoop(arrivals.rate, seconds, fire);
  const took = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await pool.close();
  return { ...tally.result(), seconds: took, cpuSeconds: (user + system) / 1e6 };
}

function openLoop(rate: number, seconds: number, fire: (due: number) => Promise<void>): Promise<void> {
  const started = performance.now();
  const total = Math.floor(rate * seconds);
  const flying = new Set<Promise<void>>();
  let fired = 0;
  return new Promise((resolve) => {
    const tick = () => {
      const due = (n: number) => started + (n * 1000) / rate;
      for (; fired < total && due(fired) <= performance.now(); fired++) {
        const flight = fire(due(fired)).finally(() => flying.delete(flight));
        flying.add(flight);
      }
      if (fired < total) setTimeout(tick, TICK_MS);
      else void Promise.all(flying).then(() => resolve());
    };
    tick();
  });
}

/** Resolves when the whole answer is there, or the connection broke: load does not stop for that. */
function send(
  pool: Pool,
  { method, path, headers, body }: Shot,
  done: (status: number, location: string) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let status = 0;
    let location = '';
    const end = (final: number) => {
      done(final, location);
      resolve();
    };
    pool.dispatch(
      { method, path, headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, code, answered) {
          status = code;
          if (code === CREATED) location = String(answered['location'] ?? '');
        },
        onResponseData() {},
        onResponseEnd: () => end(status),
        onResponseError: () => end(0),
      },
    );
  });
}

class Tally {
  private readonly answers: Record<string, number> = {};
  private readonly good: number[] = [];
  private readonly bad: number[] = [];
  private readonly orderIds: string[] = [];

  add(status: number, ms: number, location: string): void {
    const name = status === 0 ? 'error' : String(status);
    this.answers[name] = (this.answers[name] ?? 0) + 1;
    (status > 0 && status < 400 ? this.good : this.bad).push(ms);
    if (location !== '') this.orderIds.push(location.slice(location.lastIndexOf('/') + 1));
  }

  result() {
    return {
      sent: this.good.length + this.bad.length,
      answers: this.answers,
      latency: percentiles(this.good),
      refusalLatency: percentiles(this.bad),
      orderIds: this.orderIds,
    };
  }
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).toSorted();
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}
