import { askReady } from './ready.js';
import type { Part } from './routes.js';

/** A process that the proxy may send requests to. */
export interface Upstream {
  readonly name: string;
  readonly parts: readonly Part[];
  /** On 127.0.0.1. */
  readonly port: number;
}

const CHECK_MS = 500;
const PATIENCE_MS = 3000;
/**
 * A process that is merely busy should not be taken for one that hangs, so it may be silent once. Counted and not
 * timed: when we are the ones who were held up, each seems silent, and only until the next look.
 */
const SILENT_CHECKS = 2;
const DRAIN_MS = 5000;

interface Entry {
  upstream: Upstream;
  healthy: boolean;
  /** Checks without an answer since the last one. */
  silent: number;
  inFlight: number;
  checks: NodeJS.Timeout | null;
  onIdle: (() => void) | null;
}

/** Who is there to answer, and in what order they are asked. */
export class Upstreams {
  private readonly entries = new Map<string, Entry>();
  private readonly turns = new Map<Part, number>();

  /** Takes in a process that is ready; from now on it is asked again and again whether it still is. */
  add(upstream: Upstream): void {
    const entry: Entry = { upstream, healthy: true, silent: 0, inFlight: 0, checks: null, onIdle: null };
    this.entries.set(upstream.name, entry);
    this.checkLater(entry);
  }

  /** It gets no request from now on. Resolves when those it has are answered, after 5 s at most. */
  async remove({ name }: Upstream): Promise<void> {
    const entry = this.entries.get(name);
    if (!entry) return;
    this.entries.delete(name);
    if (entry.checks) clearTimeout(entry.checks);
    if (entry.inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, DRAIN_MS);
      entry.onIdle = () => {
        clearTimeout(limit);
        resolve();
      };
    });
  }

  isHealthy({ name }: Upstream): boolean {
    return this.entries.get(name)?.healthy ?? false;
  }

  /** Those that can answer for a part now, the one whose turn it is first. */
  inTurn(part: Part): Upstream[] {
    const there = [...this.entries.values()].filter(
      ({ healthy, upstream }) => healthy && upstream.parts.includes(part),
    );
    const turn = this.turns.get(part) ?? 0;
    this.turns.set(part, turn + 1);
    const first = there.length === 0 ? 0 : turn % there.length;
    return [...there.slice(first), ...there.slice(0, first)].map(({ upstream }) => upstream);
  }

  /** Counts a request in; what it answers counts it out again. */
  begin({ name }: Upstream): () => void {
    const entry = this.entries.get(name);
    if (!entry) return () => undefined;
    entry.inFlight += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      entry.inFlight -= 1;
      if (entry.inFlight === 0) entry.onIdle?.();
    };
  }

  /** Nobody was listening there: no request goes to it until it says again that it is ready. */
  suspect({ name }: Upstream): void {
    const entry = this.entries.get(name);
    if (entry) entry.healthy = false;
  }

  close(): void {
    for (const { checks } of this.entries.values()) if (checks) clearTimeout(checks);
    this.entries.clear();
  }

  private checkLater(entry: Entry): void {
    entry.checks = setTimeout(() => void this.check(entry), CHECK_MS);
  }

  private async check(entry: Entry): Promise<void> {
    const answer = await askReady(entry.upstream.port, PATIENCE_MS);
    entry.silent = answer === 'silent' ? entry.silent + 1 : 0;
    if (answer !== 'silent') entry.healthy = answer === 'ready';
    else if (entry.silent >= SILENT_CHECKS) entry.healthy = false;
    if (this.entries.get(entry.upstream.name) === entry) this.checkLater(entry);
  }
}
