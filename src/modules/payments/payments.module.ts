import { Module } from '@nestjs/common';
import { PersistenceModule } from '../../common/persistence/persistence.module.js';
import { GatewayFaults } from './gateway/gateway-faults.js';
import { MockGatewayAdapter } from './gateway/mock-gateway.adapter.js';
import { PaymentGateway } from './gateway/payment-gateway.js';
import { ManualPayments } from './manual-payments.service.js';
import { OrderEnds } from './order-ends.service.js';
import { OutcomeRecorder } from './outcome-recorder.js';
import { PaymentReader } from './payment-reader.js';
import { PaymentsHttpController } from './payments.http.controller.js';
import { PaymentsMessageController } from './payments.message.controller.js';
import { PaymentsService } from './payments.service.js';
import { ClosingStore } from './persistence/closing-store.js';
import { PaymentStore } from './persistence/payment-store.js';
import { RefundStore } from './persistence/refund-store.js';
import { Recovery } from './recovery.service.js';
import { Refunding } from './refunding.service.js';
import { Settlement } from './settlement.service.js';
import { PaymentsSchema } from './payments.schema.js';

@Module({
  imports: [PersistenceModule.for('payments', PaymentsSchema)],
  controllers: [PaymentsHttpController, PaymentsMessageController],
  providers: [
    { provide: PaymentGateway, useClass: MockGatewayAdapter },
    GatewayFaults,
    PaymentStore,
    RefundStore,
    ClosingStore,
    PaymentReader,
    PaymentsService,
    ManualPayments,
    Settlement,
    OutcomeRecorder,
    Refunding,
    Recovery,
    OrderEnds,
  ],
})
export class PaymentsModule {}
