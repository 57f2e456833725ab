import { defineErrors } from '../../common/errors/domain-error.js';

export const InventoryErrors = defineErrors('INVENTORY', {
  OUT_OF_STOCK: { status: 409, title: 'There is not enough stock' },
  RESERVATION_CLOSED: { status: 409, title: 'The reservation of this order is over' },
  RESERVATION_DIFFERS: { status: 409, title: 'This order already has a reservation of other items' },
  RESERVATION_COMMITTED: { status: 409, title: 'The goods are sold: cancel the order to bring them back' },
  UNKNOWN_SKU: { status: 404, title: 'No stock is kept under this SKU' },
  BELOW_RESERVED: { status: 409, title: 'Less would be left than is reserved' },
  ABOVE_LIMIT: { status: 409, title: 'More would be in stock than a warehouse may hold' },
});
