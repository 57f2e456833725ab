import { defineErrors } from '../../common/errors/domain-error.js';

export const OrderErrors = defineErrors('ORDER', {
  NOT_FOUND: { status: 404, title: 'Order not found' },
  UNKNOWN_SKU: { status: 404, title: 'There is no such product' },
  PRODUCT_INACTIVE: { status: 409, title: 'The product is not for sale' },
  PRICE_CHANGED: { status: 409, title: 'The order costs something else than expected' },
  MIXED_CURRENCIES: { status: 422, title: 'The products of an order must have one currency' },
  TOO_LARGE: { status: 422, title: 'The order is too large' },
  ILLEGAL_TRANSITION: { status: 409, title: 'The order cannot move to that state' },
  VERSION_MISMATCH: { status: 412, title: 'The order has changed since it was read' },
  INVALID_IF_MATCH: { status: 400, title: 'If-Match must be a version such as "3"' },
  NOT_EDITABLE: { status: 409, title: 'Address and note can no longer be changed' },
  CANCELLED: { status: 409, title: 'The order was cancelled' },
  GIVEN_UP: { status: 503, title: 'The order could not be completed in time', retryAfter: 5 },
});
