import { strings } from '../strings';
import type { components } from './schema';

type Wire = Partial<components['schemas']['Problem']>;

/** What the API answered instead of what was asked for, or that it did not answer. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Record<string, string>;
  private readonly traceId: string | null;

  constructor({ status = 0, code = 'NETWORK', detail, title, errors = [], traceId = null }: Wire) {
    super(detail ?? title ?? code);
    this.status = status;
    this.code = code;
    this.fields = Object.fromEntries(errors.map(({ path, message }) => [path, message]));
    this.traceId = traceId ?? null;
  }

  static of(error: unknown): Problem {
    return error instanceof Problem ? error : new Problem({});
  }

  /** Whether the request may have been carried out. What is busy or away says so, and has done nothing. */
  get isUnknown(): boolean {
    if (this.status === 503) return this.code === 'SERVICE.OUTCOME_UNKNOWN' || this.code === 'NETWORK';
    return this.isPassing;
  }

  /** Whether it was refused unread: that tells nothing of the same request sent before. */
  get isUnread(): boolean {
    return [401, 408, 429, 503].includes(this.status);
  }

  /** Whether the same request may well succeed later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status >= 500 || this.code === 'IDEMPOTENCY.IN_FLIGHT';
  }

  /** For people. */
  get text(): string {
    if (this.status === 0) return strings.problem.network;
    if (this.code === 'ORDER.VERSION_MISMATCH') return strings.problem.changed;
    if (this.status === 503) return strings.problem.busy;
    if (this.status >= 500) return `${strings.problem.unknown} ${this.traceId ?? this.code}`;
    return this.message;
  }
}
