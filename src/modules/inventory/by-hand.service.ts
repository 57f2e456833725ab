import { Injectable } from '@nestjs/common';
import { context } from '@opentelemetry/api';
import { Config } from '../../common/config/config.js';
import { DomainError, type WireError } from '../../common/errors/domain-error.js';
import { IdempotencyKeys, type KeptAnswer, requestHash } from '../../common/idempotency/idempotency-keys.js';
import { currentTraceId } from '../../common/telemetry/work-context.js';
import type { Tx } from '../../common/persistence/unit-of-work.js';
import type { AdjustStock, ReleaseStock, ReservationDto, ReserveStock, StockDto } from './inventory.dto.js';
import type { Cause } from './domain/movement.js';
import { InventoryErrors } from './inventory.errors.js';
import { reserving, timed } from './inventory.metrics.js';
import { ReservationStore } from './persistence/reservation-store.js';
import { StockLedger } from './persistence/stock-ledger.js';
import { AdjustWriter } from './writes/adjust.writer.js';
import { ReleaseWriter } from './writes/release.writer.js';
import { againWhenOvertaken, type Reservation } from './writes/reservation.js';
import { ReserveWriter } from './writes/reserve.writer.js';
import { StockChanges } from './writes/stock-changes.js';

/** Who changes stock by hand, under which Idempotency-Key. */
export interface Hand {
  userId: string;
  key: string;
}

/** What staff do to the stock themselves: once a key, whoever asks again is answered as the first time. */
@Injectable()
export class ByHandService {
  constructor(
    private readonly config: Config,
    private readonly changes: StockChanges,
    private readonly keys: IdempotencyKeys,
    private readonly ledger: StockLedger,
    private readonly reserver: ReserveWriter,
    private readonly releaser: ReleaseWriter,
    private readonly reservations: ReservationStore,
    private readonly adjuster: AdjustWriter,
  ) {}

  /** Throws OUT_OF_STOCK, RESERVATION_CLOSED or RESERVATION_DIFFERS. */
  reserve(hand: Hand, body: ReserveStock): Promise<ReservationDto> {
    const request = {
      orderId: body.orderId.toLowerCase(),
      lines: body.items,
      ttlSeconds: this.config.reservationSeconds,
      cause: causeOf(hand, body),
      origin: context.active(),
      // By hand it may be tried again once there is stock.
      rememberRefusal: false,
    };
    const reserve = () =>
      this.once(hand, 'reserve', body, 201, async (tx) => {
        const [result] = await this.reserver.write(tx, [request]);
        if (!result || result instanceof Error) throw result ?? InventoryErrors.RESERVATION_CLOSED();
        return toDto(result);
      });
    return reserving(reserve);
  }

  /**
   * What is held for an order; with nothing to give back, its order id is barred from reserving. Throws
   * RESERVATION_COMMITTED: goods that are sold come back by cancelling the order, which also pays them back.
   */
  release(hand: Hand, body: ReleaseStock): Promise<ReservationDto> {
    const request = {
      orderId: body.orderId.toLowerCase(),
      cause: causeOf(hand, body),
      origin: context.active(),
      final: false,
      onlyIfDue: false,
    };
    const release = () =>
      this.once(hand, 'release', body, 200, async (tx) => {
        const known = await this.reservations.lock(tx, [request.orderId]);
        if (known.get(request.orderId)?.status === 'committed') throw InventoryErrors.RESERVATION_COMMITTED();
        const [result] = await this.releaser.write(tx, [request]);
        if (!result) throw new Error('A release gives a result');
        return toDto(result);
      });
    return timed('release', release);
  }

  /** Throws BELOW_RESERVED or ABOVE_LIMIT. */
  adjust(hand: Hand, body: AdjustStock): Promise<StockDto> {
    const cause = causeOf(hand, body);
    return timed('adjust', () =>
      this.once(hand, 'adjust', body, 200, (tx) => this.adjuster.write(tx, body, cause)),
    );
  }

  private async once<T>(
    { userId, key }: Hand,
    operation: string,
    body: unknown,
    status: number,
    effect: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    const request = { scope: `inventory.${operation} ${userId}`, key, hash: requestHash(body) };
    const answer = await againWhenOvertaken(() =>
      this.changes.run(async (tx) => {
        const kept = await this.keys.take(tx, request);
        if (kept) return kept;
        const first = await this.answerOf(tx, status, effect);
        await this.keys.keep(tx, request, first);
        return first;
      }),
    );
    if (answer.status >= 400) throw DomainError.fromWire(answer.body as WireError);
    return answer.body as T;
  }

  /** A refusal is an answer too, and is kept like one, but nothing of what was done before it. */
  private async answerOf<T>(tx: Tx, status: number, effect: (tx: Tx) => Promise<T>): Promise<KeptAnswer> {
    await tx.rows('SAVEPOINT effect');
    try {
      return { status, body: await effect(tx) };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      await tx.rows('ROLLBACK TO SAVEPOINT effect');
      this.ledger.takeBack(tx);
      return { status: error.status, body: error.toWire() };
    }
  }
}

function causeOf({ userId }: Hand, { reason }: { reason: string }): Cause {
  return { reason, actor: userId, traceId: currentTraceId() };
}

function toDto({ orderId, status, expiresAt, allocations }: Reservation): ReservationDto {
  return {
    orderId,
    status,
    expiresAt: status === 'held' && expiresAt ? expiresAt.toISOString() : null,
    items: allocations.map(({ sku, warehouse, quantity }) => ({ sku, warehouse, quantity })),
  };
}
