import type { ModuleSchema } from '../../common/persistence/module-database.js';
import { SagaTables1764000000001 } from '../../common/saga/saga-tables.migration.js';
import { Orders1764000100000 } from './migrations/1764000100000-orders.js';
import { OrderStages1764003000000 } from './migrations/1764003000000-order-stages.js';
import { OrderTallies1764003100000 } from './migrations/1764003100000-order-tallies.js';
import { FirstTally1764003200000 } from './migrations/1764003200000-first-tally.js';
import { RoomForUpdates1764100000000 } from './migrations/1764100000000-room-for-updates.js';
import { OrderEntity, OrderHistoryEntity, OrderItemEntity } from './persistence/order.entities.js';

/** What orders keeps, for the processes that host it and for migrating it without them. */
export const OrdersSchema: ModuleSchema = {
  entities: { OrderEntity, OrderItemEntity, OrderHistoryEntity },
  migrations: [
    SagaTables1764000000001,
    Orders1764000100000,
    OrderStages1764003000000,
    OrderTallies1764003100000,
    FirstTally1764003200000,
    RoomForUpdates1764100000000,
  ],
};
