import type { Type } from '@nestjs/common';
import type { Api } from './common/messaging/contract.js';
import { CatalogApi } from './modules/catalog/catalog.contract.js';
import { InventoryApi } from './modules/inventory/inventory.contract.js';
import { NotificationsApi } from './modules/notifications/notifications.contract.js';
import { OrdersApi } from './modules/orders/orders.contract.js';
import { PaymentsApi } from './modules/payments/payments.contract.js';
import { UsersApi } from './modules/users/users.contract.js';

export interface ModuleEntry {
  /** `service` in metrics and logs, `service.name` in traces, in whatever process the module runs. */
  service: string;
  api: Api;
  /** First path segments below /api/v1 that are the module's. */
  routes: readonly string[];
  /** Loaded only where the module is hosted. */
  load: () => Promise<Type>;
}

/** All modules there are. A process hosts some of them, and reaches the rest by their contracts. */
export const MODULES = {
  users: {
    service: 'user-service',
    api: UsersApi,
    routes: ['users'],
    load: async () => (await import('./modules/users/users.module.js')).UsersModule,
  },
  catalog: {
    service: 'catalog-service',
    api: CatalogApi,
    routes: ['products'],
    load: async () => (await import('./modules/catalog/catalog.module.js')).CatalogModule,
  },
  inventory: {
    service: 'inventory-service',
    api: InventoryApi,
    routes: ['inventory'],
    load: async () => (await import('./modules/inventory/inventory.module.js')).InventoryModule,
  },
  payments: {
    service: 'payment-service',
    api: PaymentsApi,
    routes: ['payments'],
    load: async () => (await import('./modules/payments/payments.module.js')).PaymentsModule,
  },
  orders: {
    service: 'order-service',
    api: OrdersApi,
    routes: ['orders'],
    load: async () => (await import('./modules/orders/orders.module.js')).OrdersModule,
  },
  notifications: {
    service: 'notification-service',
    api: NotificationsApi,
    routes: ['notifications'],
    load: async () => (await import('./modules/notifications/notifications.module.js')).NotificationsModule,
  },
} as const satisfies Record<string, ModuleEntry>;

export type ModuleName = keyof typeof MODULES;
export const MODULE_NAMES = Object.keys(MODULES) as ModuleName[];

export function serviceOf(module: string): string {
  return (MODULES as Record<string, ModuleEntry>)[module]?.service ?? 'waybill';
}

const BY_ROUTE = new Map(
  MODULE_NAMES.flatMap((name) =>
    MODULES[name].routes.map((route): [string, ModuleName] => [`/api/v1/${route}`, name]),
  ),
);

/** The module that a path belongs to; `system` for health, metrics and documentation. */
export function moduleOfPath(path: string): string {
  const end = path.indexOf('/', '/api/v1/'.length);
  return (
    BY_ROUTE.get(end === -1 ? path : path.slice(0, end)) ?? (path === '/ws' ? 'notifications' : 'system')
  );
}

/** Reads `MODULES`: `all`, or names separated by commas. Throws with the names that are known. */
export function parseModules(text: string): ModuleName[] {
  if (text.trim() === 'all') return MODULE_NAMES;
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.filter((name) => !MODULE_NAMES.includes(name as ModuleName));
  if (unknown.length > 0)
    throw new Error(
      `MODULES: no module is called ${unknown.join(', ')}; there are ${MODULE_NAMES.join(', ')}`,
    );
  const away = MODULE_NAMES.filter((name) => !wanted.includes(name));
  if (away.length > 0) {
    throw new Error(
      `MODULES leaves out ${away.join(', ')}, and this release cannot reach modules of other processes yet. Host all of them.`,
    );
  }
  return MODULE_NAMES;
}
