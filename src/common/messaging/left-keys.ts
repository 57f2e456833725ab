import type { UnitOfWork } from '../persistence/unit-of-work.js';

/** So many keys are remembered. Past this, everything is left: memory has an end, the outbox has none. */
const MOST = 10_000;
/** Keys asked about at a time. */
const PAGE = 1_000;
/** Milliseconds between two looks. */
const INTERVAL = 500;

const WAITING = 'SELECT DISTINCT key FROM outbox WHERE published_at IS NULL AND key = ANY ($1::text[])';
const ALL_WAITING = 'SELECT DISTINCT key FROM outbox WHERE published_at IS NULL LIMIT $1';

/**
 * The keys of which an event was left to the relays, until the outbox says that none waits any more. As long, later
 * events of these keys are left too, or they would overtake it. That is asked for now and then, and only while there
 * are such keys: whoever writes events pays a look into a map that is empty on good days.
 */
export class LeftKeys {
  /** Of each: whether one was left since the outbox was last asked. What it answers is older than that. */
  private readonly keys = new Map<string, boolean>();
  /** More keys than are remembered: until those that wait are few enough, it counts as all. */
  private all = false;
  private spilled = false;
  private nextLook = 0;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly most = MOST,
  ) {}

  has(key: string): boolean {
    return this.all || this.keys.has(key);
  }

  /** At a start: what an earlier process has left is not known. It counts as all until the outbox was asked. */
  distrust(): void {
    this.all = true;
  }

  /** To be called when the event is committed: the outbox is taken at its word. */
  add(key: string): void {
    if (this.keys.size < this.most || this.keys.has(key)) this.keys.set(key, true);
    else this.all = this.spilled = true;
  }

  /** Forgets those of which no event waits. To be called as often as one likes. */
  async look(): Promise<void> {
    const now = performance.now();
    if ((this.keys.size === 0 && !this.all) || now < this.nextLook) return;
    this.nextLook = now + INTERVAL;
    await (this.all ? this.learn() : this.forget());
  }

  private async forget(): Promise<void> {
    const asked = [...this.keys.keys()].slice(0, PAGE);
    for (const key of asked) this.keys.set(key, false);
    const waiting = await this.waiting(WAITING, asked);
    for (const key of asked) {
      const still = waiting.has(key) || this.keys.get(key) === true;
      this.keys.delete(key);
      // To the end: one that waits for long keeps none from being asked about.
      if (still) this.keys.set(key, true);
    }
  }

  /** Once few enough wait to be remembered, these are the keys, and those that were left meanwhile. */
  private async learn(): Promise<void> {
    this.keys.clear();
    this.spilled = false;
    const waiting = await this.waiting(ALL_WAITING, this.most + 1);
    if (this.spilled || waiting.size > this.most) return;
    for (const key of waiting) this.keys.set(key, true);
    this.all = false;
  }

  private async waiting(question: string, value: unknown): Promise<Set<string>> {
    const rows = await this.uow.rows<{ key: string }>(question, [value]);
    return new Set(rows.map(({ key }) => key));
  }
}
