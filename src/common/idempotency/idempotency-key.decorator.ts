import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { IdempotencyErrors } from './idempotency.errors.js';

const PRINTABLE = /^[\x21-\x7e]{1,200}$/;

/** The request's Idempotency-Key, or null. `@IdempotencyKey({ required: true })` refuses a request without. */
export const IdempotencyKey = createParamDecorator(
  (options: { required?: boolean } | undefined, context: ExecutionContext): string | null => {
    const header = context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'];
    if (header === undefined) {
      if (options?.required) throw IdempotencyErrors.KEY_REQUIRED();
      return null;
    }
    if (typeof header !== 'string' || !PRINTABLE.test(header)) throw IdempotencyErrors.KEY_INVALID();
    return header;
  },
);
