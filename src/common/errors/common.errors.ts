import { DomainError, defineErrors } from './domain-error.js';

/** Refusals that any module may answer. */
export const RequestErrors = defineErrors('REQUEST', {
  INVALID: { status: 400, title: 'The request is not valid' },
  MALFORMED_JSON: { status: 400, title: 'The body is not valid JSON' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body must be application/json' },
  TOO_LARGE: { status: 413, title: 'The body is larger than 1 MiB (an order: 128 KiB)' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this address' },
  INVALID_CURSOR: { status: 400, title: 'The cursor is not one of ours' },
  TIMEOUT: { status: 408, title: 'The request took too long to arrive' },
});

export const ServiceErrors = defineErrors('SERVICE', {
  UNAVAILABLE: { status: 503, title: 'A part of the system is unavailable', retryAfter: 2 },
  OUTCOME_UNKNOWN: { status: 503, title: 'A part of the system did not answer in time', retryAfter: 2 },
  OVERLOADED: { status: 503, title: 'The system is busy', retryAfter: 1 },
  INTERNAL: { status: 500, title: 'Something went wrong on our side' },
});

/** Something that is needed is away, and what was asked for was not done. */
export class Unavailable extends DomainError {
  constructor(detail: string, options?: ErrorOptions) {
    super('SERVICE.UNAVAILABLE', { status: 503, title: 'A part of the system is unavailable' }, detail, {
      retryAfter: 2,
    });
    this.cause = options?.cause;
  }
}

/** The call never left: nobody to take it. Its module knows nothing of it, so there is nothing to take back. */
export class NotSent extends Unavailable {}

/**
 * The call may or may not have been executed (a timeout, a lost connection, a failure on the other side).
 * It does NOT mean that it never happened: ask again by key before deciding.
 */
export class OutcomeUnknown extends DomainError {
  constructor(detail: string, options?: ErrorOptions) {
    super(
      'SERVICE.OUTCOME_UNKNOWN',
      { status: 503, title: 'A part of the system did not answer in time' },
      detail,
      {
        retryAfter: 2,
      },
    );
    this.cause = options?.cause;
  }
}

/** A refusal is an answer: the call was understood and nothing was done. The rest (`SERVICE.…` too) is a failure. */
export function isRefusal(error: unknown): error is DomainError {
  return error instanceof DomainError && !error.code.startsWith('SERVICE.');
}
