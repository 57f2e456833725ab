import { MODULE_NAMES, moduleOfPath, parseModules } from './modules.js';
import { portOf } from './ports.js';

describe('the modules of a process', () => {
  it('are all, or those that are named, in one order whatever the order of the names', () => {
    expect(parseModules('all')).toEqual(MODULE_NAMES);
    expect(parseModules(' orders , users')).toEqual(['users', 'orders']);
    expect(parseModules('orders,orders')).toEqual(['orders']);
  });

  it.each(['', 'orders,', 'parcels', 'Orders', 'all,orders'])('are not %j', (text) => {
    expect(() => parseModules(text)).toThrow(/no module is called .*; write "all", or some of users, /);
  });

  it('have a port of their own when alone, and 8000 together', () => {
    expect(MODULE_NAMES.map((name) => portOf([name])).toSorted()).toEqual([
      8001, 8002, 8003, 8004, 8005, 8006,
    ]);
    expect(portOf(['orders', 'users'])).toBe(8000);
  });

  it('are known by the paths of their requests', () => {
    expect(moduleOfPath('/api/v1/orders/1/history')).toBe('orders');
    expect(moduleOfPath('/api/v1/products')).toBe('catalog');
    expect(moduleOfPath('/ws')).toBe('notifications');
    expect(moduleOfPath('/api/v1/events/payments/dead-letters/retry')).toBe('payments');
    expect(moduleOfPath('/api/v1/events')).toBe('system');
    expect(moduleOfPath('/api/v1/events/orders-too')).toBe('system');
    expect(moduleOfPath('/health')).toBe('system');
  });
});
