import { STATUS_CODES } from 'node:http';
import { type Problem, problemOf } from '../../src/common/errors/problem.js';

/** What the proxy itself has to say when no process answers. */
export const REFUSALS = {
  NOT_FOUND: { status: 404, detail: 'No module answers at this path' },
  /** Not sent to anybody: safe to repeat. */
  UNAVAILABLE: { status: 503, detail: 'No process of this module is ready' },
  /** It may have been carried out all the same. */
  BAD_GATEWAY: { status: 502, detail: 'The process that had the request ended before it answered' },
  TIMEOUT: { status: 504, detail: 'The process that has the request does not answer' },
} as const;

export type Refusal = keyof typeof REFUSALS;

export function refusalOf(refusal: Refusal, path: string): Problem {
  const { status, detail } = REFUSALS[refusal];
  const title = STATUS_CODES[status] ?? '';
  return problemOf({ code: `GATEWAY.${refusal}`, status, title, detail }, path, null);
}
