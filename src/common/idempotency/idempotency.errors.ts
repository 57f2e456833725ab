import { defineErrors } from '../errors/domain-error.js';

export const IdempotencyErrors = defineErrors('IDEMPOTENCY', {
  KEY_REQUIRED: { status: 400, title: 'This request needs an Idempotency-Key header' },
  KEY_INVALID: { status: 400, title: 'The Idempotency-Key must be 1 to 200 printable ASCII characters' },
  KEY_REUSED: { status: 422, title: 'This Idempotency-Key was used with another request' },
  IN_FLIGHT: {
    status: 409,
    title: 'The first request with this Idempotency-Key is still running',
    retryAfter: 1,
  },
});
