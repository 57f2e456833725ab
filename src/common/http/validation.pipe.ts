import { type ArgumentMetadata, StandardSchemaValidationPipe } from '@nestjs/common';
import { RequestErrors } from '../errors/common.errors.js';
import type { DomainError, FieldError } from '../errors/domain-error.js';

/** How many problems one answer tells: enough to mend a form, too few to swell an answer. */
const MAX_ERRORS = 20;

/**
 * Nest's pipe drops fields named `constructor`, `prototype` and `__proto__` without a word. The body parser has
 * refused those that do harm; the rest are unknown fields, and the schemas refuse them.
 */
class CandidPipe extends StandardSchemaValidationPipe {
  protected override stripProtoKeys(): void {}

  /** Names the parameter in what is told of it; a body's fields speak for themselves. */
  override transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    return super.transform(value, metadata).catch((error: unknown) => {
      if (!(error instanceof InvalidInput)) throw error;
      throw error.at(metadata.data ?? metadata.type);
    });
  }
}

/** What is wrong with an input, before it is known which input it was. */
class InvalidInput extends Error {
  constructor(private readonly errors: FieldError[]) {
    super('invalid input');
  }

  at(input: string): DomainError {
    const [first] = this.errors;
    const detail = first && `${first.path || input}: ${first.message}`;
    return RequestErrors.INVALID(detail, {
      errors: this.errors.map((each) => ({ ...each, path: each.path || input })),
    });
  }
}

/** Checks bodies, parameters and queries by the schema beside them, and tells every field that is wrong. */
export function createValidationPipe(): StandardSchemaValidationPipe {
  return new CandidPipe({
    exceptionFactory: (issues) =>
      new InvalidInput(
        issues.slice(0, MAX_ERRORS).map((issue) => ({
          path: (issue.path ?? [])
            .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
            .join('.')
            .slice(0, 200),
          message: issue.message.slice(0, 300),
        })),
      ),
  });
}
