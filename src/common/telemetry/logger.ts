import { trace } from '@opentelemetry/api';
import pino, { type DestinationStream, type Logger } from 'pino';
import { serviceOf } from './names.js';
import { noteProblem } from './recent-problems.js';
import { currentWork, SYSTEM } from './work-context.js';

/** Never in a log line, wherever it hides. Keys only: values of secrets have no shape to recognise. */
const SECRET_KEYS = [
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'shippingAddress',
  'email',
];
const SECRETS = new Set(SECRET_KEYS.map((key) => key.toLowerCase()));
const REDACTED = '[redacted]';
/** Deeper than any honest log line. */
const MAX_DEPTH = 8;

type Child = (this: Logger, fields: object, options?: object) => Logger;

/** One JSON object a line on standard output, written synchronously so that the last lines are not lost. */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        // nestjs-pino and Nest call it `err`; the log's schema calls it `error`.
        log: ({ err, ...rest }) => concealFields(err === undefined ? rest : { ...rest, error: err }, 0),
      },
      hooks: {
        logMethod(args, method, number) {
          noteProblem(number, args);
          method.apply(this, args);
        },
      },
      serializers: { error: describeError },
      mixin: () => {
        const { module, about } = currentWork();
        const span = trace.getActiveSpan()?.spanContext();
        return {
          service: serviceOf(module),
          module,
          // Spans of what belongs to no module are not sent: there would be nothing to look up.
          ...(span && module !== SYSTEM ? { trace_id: span.traceId, span_id: span.spanId } : {}),
          ...about,
        };
      },
    },
    destination,
  );
  // What a child adds passes no formatter, and children inherit this. pino's own redaction would look for every secret
  // in every line once more.
  const child = Reflect.get(logger, 'child') as unknown as Child;
  logger.child = function concealed(this: Logger, bindings, options) {
    return child.call(this, concealFields(bindings, 0), options) as never;
  };
  return logger;
}

function concealFields(fields: object, depth: number): Record<string, unknown> {
  const shown = Object.entries(fields).map(([key, value]) => [
    key,
    SECRETS.has(key.toLowerCase()) ? REDACTED : conceal(value, depth + 1),
  ]);
  return Object.fromEntries(shown) as Record<string, unknown>;
}

function conceal(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '[too deep]';
  if (Array.isArray(value)) return value.map((each) => conceal(each, depth + 1));
  // Errors and dates have their own way to be written.
  const plain = [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
  return plain ? concealFields(value, depth) : value;
}

interface ErrorLike extends Error {
  code?: string;
}

/** An error without its inputs: a failed statement's parameters may be somebody's address. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, code, cause } = error as ErrorLike;
  return {
    type: name,
    message,
    ...(code ? { code } : {}),
    stack,
    ...(cause ? { cause: describeError(cause) } : {}),
  };
}
