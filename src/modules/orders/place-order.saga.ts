import { defineSaga, type Saga } from '../../common/saga/saga.js';
import type { InventoryApi } from '../inventory/inventory.contract.js';
import type { PaymentsApi } from '../payments/payments.contract.js';
import { OrderErrors } from './orders.errors.js';
import type { OrderEnds } from './persistence/order-ends.js';
import type { PlaceOrder } from './place-order.state.js';

export interface PlaceOrderParts {
  inventory: InventoryApi;
  payments: PaymentsApi;
  ends: OrderEnds;
}

/**
 * From a pending order to a confirmed one, or to a failed one that holds no stock and no money.
 *
 * Priced and written as pending before it starts. After a crash or an unknown outcome it is run again from the
 * top: every step answers the same when it was done already.
 */
export function placeOrderSaga({ inventory, payments, ends }: PlaceOrderParts): Saga<PlaceOrder> {
  return defineSaga<PlaceOrder>({
    name: 'place-order',
    steps: [
      {
        name: 'reserve stock',
        do: async ({ orderId, lines }) => {
          await inventory.reserve({ orderId, lines });
          return {};
        },
        undo: async ({ orderId }, reason) => {
          await inventory.release({ orderId, reason });
        },
      },
      {
        name: 'take payment',
        do: async ({ orderId, userId, amount, method, token }) => {
          const { paymentId } = await payments.charge({ orderId, userId, amount, method, token });
          return { paymentId };
        },
        undo: async ({ orderId }, reason) => {
          await payments.cancel({ orderId, reason });
        },
      },
    ],
    // Inventory commits the reservation, and notifications write to the customer, on the event of this.
    complete: (run) => ends.confirm(run),
    fail: (run, failure) => ends.fail(run, failure),
    giveUpAfter: 300,
    givenUp: () => OrderErrors.GIVEN_UP().toWire(),
  });
}
