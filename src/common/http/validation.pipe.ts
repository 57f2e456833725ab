import { StandardSchemaValidationPipe } from '@nestjs/common';
import { RequestErrors } from '../errors/common.errors.js';

/** How many problems one answer tells: enough to mend a form, too few to swell an answer. */
const MAX_ERRORS = 20;

/**
 * Nest's pipe drops fields named `constructor`, `prototype` and `__proto__` without a word. The body parser has
 * refused those that do harm; the rest are unknown fields, and the schemas refuse them.
 */
class CandidPipe extends StandardSchemaValidationPipe {
  protected override stripProtoKeys(): void {}
}

/** Checks bodies, parameters and queries by the schema beside them, and tells every field that is wrong. */
export function createValidationPipe(): StandardSchemaValidationPipe {
  return new CandidPipe({
    exceptionFactory: (issues) => {
      const errors = issues.slice(0, MAX_ERRORS).map((issue) => ({
        path: (issue.path ?? [])
          .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
          .join('.')
          .slice(0, 200),
        message: issue.message.slice(0, 300),
      }));
      const [first] = errors;
      return RequestErrors.INVALID(first ? `${first.path || 'body'}: ${first.message}` : undefined, {
        errors,
      });
    },
  });
}
