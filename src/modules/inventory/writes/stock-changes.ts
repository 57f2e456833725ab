import { Injectable } from '@nestjs/common';
import { EventPump } from '../../../common/messaging/event-pump.js';
import { type Tx, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { AvailabilityService } from '../availability.service.js';
import { countChanges } from '../inventory.metrics.js';
import { StockLedger } from '../persistence/stock-ledger.js';

/**
 * Runs the transactions that change stock, hands on their events, and lets nobody hear of one before the old
 * availability is forgotten.
 */
@Injectable()
export class StockChanges {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly ledger: StockLedger,
    private readonly availability: AvailabilityService,
    private readonly pump: EventPump,
  ) {}

  /** As `UnitOfWork.run`. */
  async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    let last: Tx | undefined;
    try {
      const result = await this.uow.run((tx) => {
        last = tx;
        return work(tx);
      });
      const told = last ? this.ledger.toldIn(last) : [];
      countChanges(told);
      this.pump.handOn(told);
      return result;
    } finally {
      // Also when it failed: a commit whose answer was lost may have happened.
      if (last) this.availability.forget(this.ledger.changedIn(last));
    }
  }
}
