import { z } from 'zod';
import type { Api, EventType } from '../../src/common/messaging/contract.js';
import * as catalog from '../../src/modules/catalog/catalog.contract.js';
import * as inventory from '../../src/modules/inventory/inventory.contract.js';
import * as notifications from '../../src/modules/notifications/notifications.contract.js';
import * as orders from '../../src/modules/orders/orders.contract.js';
import * as payments from '../../src/modules/payments/payments.contract.js';
import * as users from '../../src/modules/users/users.contract.js';
import { MODULE_NAMES, MODULES } from '../../src/modules.js';

const modules: Record<string, object> = { catalog, inventory, notifications, orders, payments, users };

const calls = Object.values(modules)
  .flatMap((contract) => Object.values(contract) as unknown[])
  .filter((part): part is Api => typeof part === 'function' && 'calls' in part)
  .flatMap((api) => Object.values(api.calls));

const events = Object.values(modules)
  .flatMap((contract) => Object.values(contract) as unknown[])
  .filter((part): part is object => typeof part === 'object' && part !== null)
  .flatMap((part) => Object.values(part) as unknown[])
  .filter((part): part is EventType => typeof part === 'object' && part !== null && 'routingKey' in part);

const PROMISED = [
  ...['created', 'confirmed', 'failed', 'processing', 'shipped', 'delivered', 'cancelled'].map(
    (past) => `orders.${past}`,
  ),
  ...['reserved', 'released', 'committed', 'low-stock'].map((past) => `inventory.${past}`),
  ...['captured', 'declined', 'refunded'].map((past) => `payments.${past}`),
  'users.registered',
  'notifications.sent',
  'notifications.failed',
];

/** The schema's types as JSON has them, before and after it is read. Throws on a Date, a Map, a transform. */
function typesOf(schema: z.ZodType): unknown[] {
  return (['input', 'output'] as const).map((io) => z.toJSONSchema(schema, { io }));
}

describe('the contracts of the modules', () => {
  it('declare all modules, and the events that the system promises', () => {
    expect(Object.keys(modules).sort()).toEqual([...MODULE_NAMES].sort());
    const hosted = Object.values(MODULES).flatMap(({ api }): unknown[] => Object.values(api.calls));
    expect(new Set(hosted)).toEqual(new Set<unknown>(calls));
    expect(events.map(({ routingKey }) => routingKey).sort()).toEqual(
      PROMISED.map((name) => `${name}.v1`).sort(),
    );
  });

  it.each(calls.map((call) => [call.pattern, call] as const))(
    '%s speaks JSON, whatever the distance',
    (_, call) => {
      // What crosses is checked at both ends: a schema that changes its value would change it twice.
      expect(() => typesOf(call.input)).not.toThrow();
      if (call.output.type !== 'void') expect(() => typesOf(call.output)).not.toThrow();
    },
  );

  it.each(events.map((event) => [event.routingKey, event] as const))('%s speaks JSON', (_, event) => {
    expect(() => typesOf(event.payload)).not.toThrow();
  });

  it('would not let a Date or a transform through', () => {
    expect(() => typesOf(z.object({ at: z.date() }))).toThrow('Date');
    expect(() => typesOf(z.object({ at: z.string().transform((text) => text.length) }))).toThrow(
      'Transforms',
    );
  });

  it.each(calls.map((call) => [call.pattern, call] as const))(
    '%s is named for its module and bounded in time',
    (_, call) => {
      expect(call.pattern).toBe(`${call.module}.${call.method}`);
      expect(call.timeoutMs).toBeGreaterThan(0);
      expect(call.timeoutMs).toBeLessThanOrEqual(10_000);
      for (const code of call.errors) expect(code).toMatch(/^[A-Z]+\.[A-Z_]+$/);
    },
  );
});
