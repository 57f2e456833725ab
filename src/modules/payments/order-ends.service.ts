import { Injectable } from '@nestjs/common';
import type { EnvelopeOf } from '../../common/messaging/contract.js';
import { Inbox } from '../../common/messaging/inbox.js';
import { GroupCommit } from '../../common/persistence/group-commit.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { currentTraceId } from '../../common/telemetry/work-context.js';
import type { OrderEvents } from '../orders/orders.contract.js';
import { ClosingStore } from './persistence/closing-store.js';
import { Recovery } from './recovery.service.js';

/** Events of one shape: an order was cancelled, or failed. */
export type OrderEnd = EnvelopeOf<typeof OrderEvents.cancelled>;

/** A batch belongs to many traces. */
interface Arrival {
  event: OrderEnd;
  traceId: string | null;
}

/**
 * The net below the workflow: of an order that failed or was cancelled nothing is kept, whoever ended it. What
 * is to be paid back is written down here; the poller carries it out.
 */
@Injectable()
export class OrderEnds {
  private readonly ends = new GroupCommit<Arrival, null>(
    async (batch) => {
      await this.uow.run(async (tx) => {
        const events = batch.map(({ event }) => event);
        const fresh = new Set(await this.inbox.claim(tx, events));
        const closings = batch
          .filter(({ event }) => fresh.has(event))
          .map(({ event: { payload }, traceId }) => ({
            orderId: payload.orderId,
            reason: (payload.reason ?? `order ${payload.status}`).slice(0, 200),
            traceId,
          }));
        if (closings.length > 0) await this.closing.close(tx, closings);
      });
      return batch.map(() => null);
    },
    { name: 'payments.order-end', module: 'payments', key: ({ event }) => event.payload.orderId },
  );

  constructor(
    private readonly uow: UnitOfWork,
    private readonly inbox: Inbox,
    private readonly closing: ClosingStore,
    private readonly recovery: Recovery,
  ) {}

  async close(event: OrderEnd): Promise<void> {
    await this.ends.submit({ event, traceId: currentTraceId() });
    this.recovery.kick();
  }
}
