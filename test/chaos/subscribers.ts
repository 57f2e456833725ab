/**
 * Which modules take in which events. The checker goes by this table, so that it needs nothing of the running
 * code; subscribers.spec.ts holds it against the decorators.
 */
export const SUBSCRIBERS: Readonly<Record<string, readonly string[]>> = {
  'orders.created': ['notifications'],
  'orders.confirmed': ['inventory', 'notifications'],
  'orders.failed': ['inventory', 'notifications', 'payments'],
  'orders.processing': ['notifications'],
  'orders.shipped': ['notifications'],
  'orders.delivered': ['notifications'],
  'orders.cancelled': ['inventory', 'notifications', 'payments'],
  'inventory.reserved': ['notifications'],
  'inventory.released': ['notifications', 'orders'],
  'inventory.committed': ['notifications'],
  'inventory.low-stock': ['notifications'],
  'payments.refunded': ['notifications', 'orders'],
  'users.registered': ['notifications'],
};

/** Every module has an outbox and an inbox in a schema of its own name. */
export const SCHEMAS = ['users', 'catalog', 'inventory', 'payments', 'orders', 'notifications'] as const;

/** The modules that others call: each has a queue for calls. */
export const CALLED = ['users', 'catalog', 'inventory', 'payments', 'orders'] as const;
