import type { Type } from '@nestjs/common';
import { ConfigError } from './common/config/config.js';
import type { Api, EventType, Subscriber } from './common/messaging/contract.js';
import type { ModuleSchema } from './common/persistence/module-database.js';
import { useTelemetryNames } from './common/telemetry/names.js';
import { CatalogApi } from './modules/catalog/catalog.contract.js';
import { InventoryApi, InventoryEvents } from './modules/inventory/inventory.contract.js';
import { NotificationsApi } from './modules/notifications/notifications.contract.js';
import { OrderEvents, OrdersApi } from './modules/orders/orders.contract.js';
import { PaymentEvents, PaymentsApi } from './modules/payments/payments.contract.js';
import { UserEvents, UsersApi } from './modules/users/users.contract.js';
import { PORTS } from './ports.js';

export interface ModuleEntry {
  /** `service` in metrics and logs, `service.name` in traces, in whatever process the module runs. */
  service: string;
  /** Where a process listens that hosts this module alone. */
  port: number;
  api: Api;
  /** First path segments below /api/v1 that are the module's. */
  routes: readonly string[];
  /** What it takes in. Its queue is bound for these by whichever process is first, so none waits for it to boot. */
  consumes: readonly EventType[];
  /** Loaded only where the module is hosted. */
  load: () => Promise<Type>;
  /** What it keeps, without the module that uses it. */
  schema: () => Promise<ModuleSchema>;
}

/** All modules there are. A process hosts some of them, and reaches the rest by their contracts. */
export const MODULES = {
  users: {
    service: 'user-service',
    port: PORTS.users,
    api: UsersApi,
    routes: ['users'],
    consumes: [],
    load: async () => (await import('./modules/users/users.module.js')).UsersModule,
    schema: async () => (await import('./modules/users/users.schema.js')).UsersSchema,
  },
  catalog: {
    service: 'catalog-service',
    port: PORTS.catalog,
    api: CatalogApi,
    routes: ['products'],
    consumes: [],
    load: async () => (await import('./modules/catalog/catalog.module.js')).CatalogModule,
    schema: async () => (await import('./modules/catalog/catalog.schema.js')).CatalogSchema,
  },
  inventory: {
    service: 'inventory-service',
    port: PORTS.inventory,
    api: InventoryApi,
    routes: ['inventory'],
    consumes: [OrderEvents.confirmed, OrderEvents.failed, OrderEvents.cancelled],
    load: async () => (await import('./modules/inventory/inventory.module.js')).InventoryModule,
    schema: async () => (await import('./modules/inventory/inventory.schema.js')).InventorySchema,
  },
  payments: {
    service: 'payment-service',
    port: PORTS.payments,
    api: PaymentsApi,
    routes: ['payments'],
    consumes: [OrderEvents.failed, OrderEvents.cancelled],
    load: async () => (await import('./modules/payments/payments.module.js')).PaymentsModule,
    schema: async () => (await import('./modules/payments/payments.schema.js')).PaymentsSchema,
  },
  orders: {
    service: 'order-service',
    port: PORTS.orders,
    api: OrdersApi,
    routes: ['orders'],
    consumes: [InventoryEvents.released, PaymentEvents.refunded],
    load: async () => (await import('./modules/orders/orders.module.js')).OrdersModule,
    schema: async () => (await import('./modules/orders/orders.schema.js')).OrdersSchema,
  },
  notifications: {
    service: 'notification-service',
    port: PORTS.notifications,
    api: NotificationsApi,
    routes: ['notifications'],
    consumes: [
      ...Object.values(OrderEvents),
      ...Object.values(InventoryEvents),
      PaymentEvents.refunded,
      UserEvents.registered,
    ],
    load: async () => (await import('./modules/notifications/notifications.module.js')).NotificationsModule,
    schema: async () => (await import('./modules/notifications/notifications.schema.js')).NotificationsSchema,
  },
} as const satisfies Record<string, ModuleEntry>;

export type ModuleName = keyof typeof MODULES;
export const MODULE_NAMES = Object.keys(MODULES) as ModuleName[];

export const APIS: readonly Api[] = MODULE_NAMES.map((name) => MODULES[name].api);
export const SUBSCRIBERS: readonly Subscriber[] = MODULE_NAMES.map((module) => ({
  module,
  consumes: MODULES[module].consumes,
}));

export function serviceOf(module: string): string {
  return (MODULES as Record<string, ModuleEntry>)[module]?.service ?? 'waybill';
}

useTelemetryNames({ serviceOf, subjects: ['orderId', 'userId'] });

/** By the first segments of a path. The operations on a module's events are the module's too. */
const BY_PREFIX = new Map(
  MODULE_NAMES.flatMap((name): [string, ModuleName][] => [
    ...MODULES[name].routes.map((route): [string, ModuleName] => [`/api/v1/${route}`, name]),
    [`/api/v1/events/${name}`, name],
  ]),
);

/** The module that a path belongs to; `system` for health, metrics and documentation. */
export function moduleOfPath(path: string): string {
  if (path === '/ws') return 'notifications';
  const segments = path.split('/', 5);
  return BY_PREFIX.get(segments.slice(0, 4).join('/')) ?? BY_PREFIX.get(segments.join('/')) ?? 'system';
}

/** Reads `MODULES`: `all`, or names separated by commas. Throws with the names that are known. */
export function parseModules(text: string): ModuleName[] {
  if (text.trim() === 'all') return MODULE_NAMES;
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !MODULE_NAMES.includes(name as ModuleName));
  if (unknown.length > 0)
    throw new ConfigError([
      `MODULES: no module is called ${unknown.map((name) => JSON.stringify(name)).join(', ')}; write "all", or some of ${MODULE_NAMES.join(', ')}`,
    ]);
  return MODULE_NAMES.filter((name) => wanted.includes(name));
}
