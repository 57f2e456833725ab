import { OutcomeUnknown, Unavailable } from '../errors/common.errors.js';

/** SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const UNIQUE_VIOLATION = '23505';
/** The server is stopping, starting, or has no slot left: nothing was executed. */
const NOT_SERVING = new Set(['57P01', '57P02', '57P03', '53300']);
/** A statement that was cancelled after it had waited too long for a lock, or had run too long: nothing was executed. */
const TIMED_OUT = new Set(['55P03', '57014']);
const CONNECTION = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const LOST =
  /connection terminated|connection ended|not queryable|timeout exceeded when trying to connect|client was closed|already released/i;

/** What a statement that its connection keeps fails with when the columns of its answer are not what they were. */
const STALE = { code: '0A000', routine: 'RevalidateCachedQuery' };

interface DatabaseError {
  code?: string;
  /** The server's own function that failed: unlike the message, it is not translated. */
  routine?: string;
  constraint?: string;
  message?: string;
  driverError?: unknown;
}

function root(error: unknown): DatabaseError {
  const outer = (error ?? {}) as DatabaseError;
  return (outer.driverError as DatabaseError | undefined) ?? outer;
}

export function sqlState(error: unknown): string | undefined {
  return root(error).code;
}

/** True when the error is a violation of that unique constraint (any, when none is named). */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const { code, constraint: violated } = root(error);
  return code === UNIQUE_VIOLATION && (constraint === undefined || violated === constraint);
}

/** The transaction was rolled back for the sake of another one: the same again may well succeed. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error);
  return state === SERIALIZATION_FAILURE || state === DEADLOCK_DETECTED;
}

/** A migration has overtaken a prepared statement: nothing was executed, and its connection will never run it again. */
export function isStale(error: unknown): boolean {
  const { code, routine } = root(error);
  return code === STALE.code && routine === STALE.routine;
}

/** The connection, and not the statement, is at fault. */
export function isConnectionLoss(error: unknown): boolean {
  const { code, message } = root(error);
  if (code !== undefined && (NOT_SERVING.has(code) || CONNECTION.has(code) || code.startsWith('08')))
    return true;
  return LOST.test(message ?? '');
}

/** The server gave up on the statement, which is rolled back whether or not it was its own transaction. */
function isTimeout(error: unknown): boolean {
  return TIMED_OUT.has(sqlState(error) ?? '');
}

/** A loss before COMMIT was sent: the server has rolled back, nothing happened. */
export function beforeCommit(error: unknown): unknown {
  if (isTimeout(error)) return new Unavailable('The database is too busy', { cause: error });
  return isConnectionLoss(error) ? new Unavailable('The database is unavailable', { cause: error }) : error;
}

/** A loss while COMMIT was under way: it may have taken effect. */
export function duringCommit(error: unknown): unknown {
  if (isTimeout(error)) return new Unavailable('The database is too busy', { cause: error });
  return isConnectionLoss(error)
    ? new OutcomeUnknown('The reply to a commit was lost', { cause: error })
    : error;
}
