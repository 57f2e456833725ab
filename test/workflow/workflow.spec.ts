import type { Waybill } from '../harness.js';
import { idempotencyKeysOfOrders } from './idempotency.tests.js';
import { ordersAfterTheyArePlaced } from './order-changes.tests.js';
import { placingAnOrder } from './place-order.tests.js';
import { PLACEMENTS } from './placements.js';
import { ordersAndAGatewayInTrouble } from './unknown-outcomes.tests.js';

/** Each placement is started once, which takes longer than most of the tests. None of them knows which it is. */
describe.each(PLACEMENTS)('the order workflow ($name)', ({ start }) => {
  let waybill: Waybill;
  const running = () => waybill;

  beforeAll(async () => {
    waybill = await start();
  });
  afterAll(() => waybill?.stop());

  describe('placing an order', () => placingAnOrder(running));
  describe('orders after they are placed', () => ordersAfterTheyArePlaced(running));
  describe('idempotency keys of orders', () => idempotencyKeysOfOrders(running));
  // The last: breakers may be open after it.
  describe('orders and a gateway in trouble', () => ordersAndAGatewayInTrouble(running));
});
