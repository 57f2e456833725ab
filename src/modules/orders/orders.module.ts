import { Module } from '@nestjs/common';
import { Config } from '../../common/config/config.js';
import { PersistenceModule } from '../../common/persistence/persistence.module.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { SagaRunner } from '../../common/saga/saga-runner.js';
import { SagaStore } from '../../common/saga/saga-store.js';
import { SagaSweeper } from '../../common/saga/saga-sweeper.js';
import { sagaGauges } from '../../common/saga/saga.metrics.js';
import { GaugePoll } from '../../common/telemetry/gauge-poll.js';
import { InventoryApi } from '../inventory/inventory.contract.js';
import { PaymentsApi } from '../payments/payments.contract.js';
import { OrderCancellation } from './order-cancellation.service.js';
import { OrderPlacement } from './order-placement.service.js';
import { OrderReactions } from './order-reactions.service.js';
import { OrdersHttpController } from './orders.http.controller.js';
import { OrdersMessageController } from './orders.message.controller.js';
import { OrdersService } from './orders.service.js';
import { OrderGauges } from './order-gauges.js';
import { ProductLabels } from './product-labels.js';
import { NewOrders } from './persistence/new-orders.js';
import { OrderEnds } from './persistence/order-ends.js';
import { OrderNumbers } from './persistence/order-numbers.js';
import { OrderReader } from './persistence/order-reader.js';
import { OrderRows } from './persistence/order-rows.js';
import { placeOrderSaga } from './place-order.saga.js';
import { OrdersSchema } from './orders.schema.js';

@Module({
  imports: [PersistenceModule.for('orders', OrdersSchema)],
  controllers: [OrdersHttpController, OrdersMessageController],
  providers: [
    OrderNumbers,
    NewOrders,
    OrderEnds,
    OrderReader,
    OrderRows,
    {
      provide: SagaStore,
      inject: [UnitOfWork, Config],
      useFactory: (uow: UnitOfWork, config: Config) => new SagaStore(uow, config.sagaLeaseSeconds),
    },
    {
      provide: SagaRunner,
      inject: [SagaStore, InventoryApi, PaymentsApi, OrderEnds],
      useFactory: (store: SagaStore, inventory: InventoryApi, payments: PaymentsApi, ends: OrderEnds) =>
        new SagaRunner(placeOrderSaga({ inventory, payments, ends }), store),
    },
    {
      provide: SagaSweeper,
      inject: [SagaRunner],
      useFactory: (runner: SagaRunner<never>) => new SagaSweeper('orders', runner),
    },
    { provide: GaugePoll, inject: [UnitOfWork], useFactory: sagaGauges },
    OrderGauges,
    ProductLabels,
    OrderPlacement,
    OrderCancellation,
    OrderReactions,
    OrdersService,
  ],
})
export class OrdersModule {}
