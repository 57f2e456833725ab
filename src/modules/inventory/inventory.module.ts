import { Module } from '@nestjs/common';
import { CacheModule } from '../../common/cache/cache.module.js';
import { PersistenceModule } from '../../common/persistence/persistence.module.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { GaugePoll } from '../../common/telemetry/gauge-poll.js';
import { AvailabilityService } from './availability.service.js';
import { ByHandService } from './by-hand.service.js';
import { SeedStock } from './demo/seed-stock.js';
import { ExpiryService } from './expiry.service.js';
import { InventoryHttpController } from './inventory.http.controller.js';
import { InventoryMessageController } from './inventory.message.controller.js';
import { stockGauges } from './inventory.metrics.js';
import { ReservationStore } from './persistence/reservation-store.js';
import { StockLedger } from './persistence/stock-ledger.js';
import { StockReader } from './persistence/stock-reader.js';
import { ReservationsService } from './reservations.service.js';
import { StockService } from './stock.service.js';
import { AdjustWriter } from './writes/adjust.writer.js';
import { ConfirmWriter } from './writes/confirm.writer.js';
import { ReleaseWriter } from './writes/release.writer.js';
import { ReserveWriter } from './writes/reserve.writer.js';
import { StockChanges } from './writes/stock-changes.js';
import { InventorySchema } from './inventory.schema.js';

@Module({
  imports: [CacheModule, PersistenceModule.for('inventory', InventorySchema)],
  controllers: [InventoryHttpController, InventoryMessageController],
  providers: [
    ReservationsService,
    ExpiryService,
    StockService,
    AvailabilityService,
    ByHandService,
    ReserveWriter,
    ReleaseWriter,
    ConfirmWriter,
    AdjustWriter,
    StockChanges,
    StockLedger,
    ReservationStore,
    StockReader,
    SeedStock,
    { provide: GaugePoll, inject: [UnitOfWork], useFactory: stockGauges },
  ],
})
export class InventoryModule {}
