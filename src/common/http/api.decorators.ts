import { applyDecorators, HttpCode, SerializeOptions } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';

export interface AnswerOptions {
  /** HTTP status. Default 200. */
  status?: number;
  /** One line for the API page. */
  summary: string;
  description?: string;
  schema?: z.ZodType;
}

/** What a route does and answers: the status, the documentation, and the schema by which the answer is checked. */
export function Answers({ status = 200, summary, description, schema }: AnswerOptions) {
  return applyDecorators(
    HttpCode(status),
    ApiOperation({ summary, ...(description === undefined ? {} : { description }) }),
    ApiResponse({ status, description: summary, ...(schema ? { standardSchema: schema } : {}) }),
    ...(schema ? [SerializeOptions({ schema })] : []),
  );
}

/** Documents the Idempotency-Key header of a route that takes one. */
export function TakesIdempotencyKey(required: boolean) {
  return applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required,
      description: 'The same key and body give the first answer again. Kept for 24 hours, per user.',
      schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[\\x21-\\x7e]+$', example: 'try-1' },
    }),
  );
}
