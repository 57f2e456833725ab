import { type Context, context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { OutcomeUnknown, Unavailable } from '../errors/common.errors.js';
import { inSpan, SpanKind } from '../telemetry/tracing.js';
import { withWork } from '../telemetry/work-context.js';

/** Writes a batch in one transaction: one result per item in its order, or an Error for an item refused. */
export type BatchWrite<T, R> = (batch: T[]) => Promise<(R | Error)[]>;

export interface GroupCommitOptions<T> {
  /** What it does, for its spans: `orders.create`. */
  name: string;
  /** The module as which batches run. */
  module: string;
  /** At most this many items in one transaction. Default 500. */
  maxBatch?: number;
  /** How many batches may be in flight at once. Default 1: the longer the line, the larger the batch. */
  lanes?: number;
  /** Items of the same key never share a batch. */
  key?: (item: T) => string;
}

interface Waiting<T, R> {
  item: T;
  span: Span;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Lets concurrent callers share a transaction. Calls that arrive while a batch is in flight form the next one:
 * there is no timer, so a caller alone waits for nothing, and the busier it gets, the cheaper each call.
 *
 * Nobody hears of a result before its transaction has committed. A batch that fails is halved until the bad
 * item fails alone; a lost connection fails all, since their outcome is unknown.
 */
export class GroupCommit<T, R> {
  private queue: Waiting<T, R>[] = [];
  private inFlight = 0;

  constructor(
    private readonly write: BatchWrite<T, R>,
    private readonly options: GroupCommitOptions<T>,
  ) {}

  /** Each caller has a span of its own, from here until its batch is done. */
  submit(item: T): Promise<R> {
    return inSpan(
      `commit ${this.options.name}`,
      SpanKind.INTERNAL,
      () => ({}),
      (span) => {
        return new Promise<R>((resolve, reject) => {
          this.queue.push({ item, span, resolve, reject });
          // Not before the caller is done: what is asked for in one breath shares a batch.
          if (this.queue.length === 1) queueMicrotask(() => this.next());
        });
      },
    );
  }

  private next(): void {
    const { lanes = 1 } = this.options;
    while (this.inFlight < lanes && this.queue.length > 0) {
      const batch = this.take();
      this.inFlight += 1;
      context.with(this.contextOf(batch), () => {
        void this.run(batch).then(() => {
          this.inFlight -= 1;
          this.next();
        });
      });
    }
  }

  /**
   * A batch belongs to all of its callers, and has no work but the module's. Its statements are in the trace of the
   * first that is recorded; its span and those of the others are linked to each other.
   */
  private contextOf(batch: Waiting<T, R>[]): Context {
    const { module } = this.options;
    const work = withWork(ROOT_CONTEXT, { module, correlationId: '', causationId: null });
    const [first, ...others] = batch.filter(({ span }) => span.isRecording());
    if (!first) return work;
    first.span.setAttribute('waybill.batch.size', batch.length);
    for (const { span } of others) {
      first.span.addLink({ context: span.spanContext() });
      span.addLink({ context: first.span.spanContext() });
    }
    return trace.setSpan(work, first.span);
  }

  private take(): Waiting<T, R>[] {
    const { maxBatch = 500, key } = this.options;
    if (!key) return this.queue.splice(0, maxBatch);
    const seen = new Set<string>();
    const taken: Waiting<T, R>[] = [];
    const left: Waiting<T, R>[] = [];
    for (const waiting of this.queue) {
      const name = key(waiting.item);
      if (taken.length < maxBatch && !seen.has(name)) taken.push(waiting);
      else left.push(waiting);
      seen.add(name);
    }
    this.queue = left;
    return taken;
  }

  private async run(batch: Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.write(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw unaccounted(batch.length, results.length);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index] as R | Error;
        if (result instanceof Error) reject(result);
        else resolve(result);
      }
    } catch (error) {
      if (batch.length === 1 || error instanceof Unavailable || error instanceof OutcomeUnknown) {
        for (const { reject } of batch) reject(error);
        return;
      }
      const half = Math.ceil(batch.length / 2);
      await this.run(batch.slice(0, half));
      await this.run(batch.slice(half));
    }
  }
}

/** The write is done and must not be repeated, but nobody can say which result is whose. */
function unaccounted(items: number, results: number): OutcomeUnknown {
  return new OutcomeUnknown(`A batch of ${items} gave ${results} results`);
}
