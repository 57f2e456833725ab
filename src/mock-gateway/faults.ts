import { z } from 'zod';

/** Charges; refunds and voids; lookups of either. */
export type Operation = 'charge' | 'refund' | 'lookup';

const MAX_FAULTS = 32;
export const MAX_DELAY_MS = 600_000;

const faultSchema = z
  .strictObject({
    kind: z.enum(['error', 'timeout', 'slow', 'reset', 'decline']),
    rate: z.number().min(0).max(1).default(1),
    status: z.int().min(400).max(599).default(503),
    delayMs: z.int().min(0).max(MAX_DELAY_MS).default(2_000),
    forSeconds: z.number().positive().max(86_400).optional(),
    on: z.enum(['charge', 'refund', 'lookup', 'all']).default('charge'),
  })
  .refine(({ kind, on }) => !(kind === 'decline' && on === 'lookup'), {
    path: ['on'],
    message: 'A lookup cannot be declined.',
  });

type FaultRequest = z.output<typeof faultSchema>;

/** A fault as shown to people: with the time it has left instead of the time it was given. */
export type FaultView = Omit<FaultRequest, 'forSeconds'> & { readonly secondsLeft: number | null };

/** What befalls one request. */
export type Strike =
  | { readonly kind: 'error'; readonly status: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  | { readonly kind: 'decline' };

/** The faults that are switched on. They live in memory only: a restart heals them. */
export class Faults {
  private active: { readonly fault: FaultRequest; readonly until: number }[] = [];

  /** `random` answers 0 to 1 as Math.random does, `now` milliseconds that never go back. */
  constructor(
    private readonly random: () => number = Math.random,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Switches a fault on; one of the same kind on the same operation is replaced. Throws a ZodError. */
  add(input: unknown): FaultView {
    const fault = faultSchema.parse(input);
    const until = fault.forSeconds === undefined ? Infinity : this.now() + fault.forSeconds * 1_000;
    const others = this.current().filter(
      (each) => each.fault.kind !== fault.kind || each.fault.on !== fault.on,
    );
    const entry = { fault, until };
    this.active = [...others, entry].slice(-MAX_FAULTS);
    return this.view(entry);
  }

  clear(): void {
    this.active = [];
  }

  list(): FaultView[] {
    return this.current().map((each) => this.view(each));
  }

  /** Throws the dice for one request; the first fault that hits is the one it meets. */
  strike(operation: Operation): Strike | null {
    if (this.active.length === 0) return null;
    for (const { fault } of this.current()) {
      if (fault.on !== 'all' && fault.on !== operation) continue;
      if (fault.kind === 'decline' && operation === 'lookup') continue;
      if (this.random() < fault.rate) return this.toStrike(fault);
    }
    return null;
  }

  private toStrike({ kind, status, delayMs }: FaultRequest): Strike {
    switch (kind) {
      case 'error':
        return { kind, status };
      case 'slow':
        return { kind, delayMs };
      case 'reset':
        return { kind, when: this.random() < 0.5 ? 'before' : 'after' };
      case 'timeout':
      case 'decline':
        return { kind };
    }
  }

  private current() {
    const now = this.now();
    this.active = this.active.filter(({ until }) => until > now);
    return this.active;
  }

  private view({ fault, until }: { fault: FaultRequest; until: number }): FaultView {
    const { kind, rate, status, delayMs, on } = fault;
    const secondsLeft = until === Infinity ? null : Math.ceil((until - this.now()) / 1_000);
    return { kind, rate, status, delayMs, on, secondsLeft };
  }
}
