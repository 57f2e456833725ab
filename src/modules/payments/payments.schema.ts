import type { ModuleSchema } from '../../common/persistence/module-database.js';
import { PaymentsTables1764000300000 } from './migrations/1764000300000-payments-tables.js';
import { TracesOfPayments1764300000000 } from './migrations/1764300000000-traces-of-payments.js';
import { Payment } from './persistence/payment.entity.js';
import { Refund } from './persistence/refund.entity.js';

/** What payments keeps, for the processes that host it and for migrating it without them. */
export const PaymentsSchema: ModuleSchema = {
  entities: { Payment, Refund },
  migrations: [PaymentsTables1764000300000, TracesOfPayments1764300000000],
};
