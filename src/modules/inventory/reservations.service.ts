import { Injectable } from '@nestjs/common';
import { context } from '@opentelemetry/api';
import type { EnvelopeOf, EventEnvelope } from '../../common/messaging/contract.js';
import { Inbox } from '../../common/messaging/inbox.js';
import { GroupCommit } from '../../common/persistence/group-commit.js';
import type { Tx } from '../../common/persistence/unit-of-work.js';
import { currentTraceId } from '../../common/telemetry/work-context.js';
import { EXPIRED } from './domain/reservation.js';
import { reserving, timed } from './inventory.metrics.js';
import type { OrderEvents } from '../orders/orders.contract.js';
import type { Line } from './domain/allocation.js';
import { type Cause, SYSTEM } from './domain/movement.js';
import { type ConfirmRequest, ConfirmWriter } from './writes/confirm.writer.js';
import { type ReleaseRequest, ReleaseWriter } from './writes/release.writer.js';
import { againWhenOvertaken } from './writes/reservation.js';
import { type Reserved, type ReserveRequest, ReserveWriter } from './writes/reserve.writer.js';
import { StockChanges } from './writes/stock-changes.js';

/** A request, and the event that brought it if one did: applied once. */
interface Caused<R> {
  request: R;
  event: EventEnvelope | null;
}

/** At most this many orders share a transaction, so that its locks are short. */
const BATCHES = { module: 'inventory', maxBatch: 200 };

/** What the order workflow asks of the stock. Concurrent requests share transactions. */
@Injectable()
export class ReservationsService {
  private readonly reserving: GroupCommit<ReserveRequest, Reserved>;
  private readonly releasing: GroupCommit<Caused<ReleaseRequest>, void>;
  private readonly confirming: GroupCommit<Caused<ConfirmRequest>, void>;

  constructor(
    private readonly changes: StockChanges,
    private readonly inbox: Inbox,
    private readonly reserver: ReserveWriter,
    private readonly releaser: ReleaseWriter,
    private readonly confirmer: ConfirmWriter,
  ) {
    this.reserving = new GroupCommit<ReserveRequest, Reserved>(
      (batch) => this.transact((tx) => this.reserver.write(tx, batch)),
      { ...BATCHES, name: 'inventory.reserve', key: ({ orderId }) => orderId },
    );
    this.releasing = new GroupCommit<Caused<ReleaseRequest>, void>(
      (batch) => this.applyOnce(batch, (tx, requests) => this.releaser.write(tx, requests)),
      { ...BATCHES, name: 'inventory.release', key: ({ request }) => request.orderId },
    );
    this.confirming = new GroupCommit<Caused<ConfirmRequest>, void>(
      (batch) => this.applyOnce(batch, (tx, requests) => this.confirmer.write(tx, requests)),
      { ...BATCHES, name: 'inventory.commit', key: ({ request }) => request.orderId },
    );
  }

  /** Throws OUT_OF_STOCK, RESERVATION_CLOSED or RESERVATION_DIFFERS. */
  reserve(orderId: string, lines: readonly Line[], ttlSeconds: number): Promise<Reserved> {
    const request = {
      orderId: orderId.toLowerCase(),
      lines,
      ttlSeconds,
      cause: causeOf('order placed'),
      origin: context.active(),
      rememberRefusal: true,
    };
    return reserving(() => this.reserving.submit(request));
  }

  /** An order gives back all it has. */
  release(orderId: string, reason: string, event: EventEnvelope | null = null): Promise<void> {
    return this.giveBack(orderId, causeOf(reason), { final: true, onlyIfDue: false }, event);
  }

  /** A reservation's time is over. `final` when its order will never need it again. */
  expire(orderId: string, final: boolean): Promise<void> {
    return this.giveBack(orderId, causeOf(EXPIRED), { final, onlyIfDue: true }, null);
  }

  /** An order is paid. */
  confirm(event: EnvelopeOf<typeof OrderEvents.confirmed>): Promise<void> {
    const { orderId, items } = event.payload;
    const request = { orderId: orderId.toLowerCase(), lines: items, origin: context.active() };
    return timed('commit', () => this.confirming.submit({ request, event }));
  }

  private giveBack(
    orderId: string,
    cause: Cause,
    how: Pick<ReleaseRequest, 'final' | 'onlyIfDue'>,
    event: EventEnvelope | null,
  ): Promise<void> {
    const request = { orderId: orderId.toLowerCase(), cause, origin: context.active(), ...how };
    return timed('release', () => this.releasing.submit({ request, event }));
  }

  /** Applies the requests that came without an event, and those whose event was not taken in before. */
  private async applyOnce<R>(
    batch: readonly Caused<R>[],
    write: (tx: Tx, requests: R[]) => Promise<unknown>,
  ): Promise<undefined[]> {
    await this.transact(async (tx) => {
      const events = batch.flatMap(({ event }) => event ?? []);
      const fresh = events.length > 0 ? new Set(await this.inbox.claim(tx, events)) : new Set();
      await write(
        tx,
        batch.filter(({ event }) => event === null || fresh.has(event)).map(({ request }) => request),
      );
    });
    return batch.map(() => undefined);
  }

  private transact<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return againWhenOvertaken(() => this.changes.run(work));
  }
}

function causeOf(reason: string): Cause {
  return { reason, actor: SYSTEM, traceId: currentTraceId() };
}
