import { trace } from '@opentelemetry/api';
import pino, { type Logger } from 'pino';
import { currentWork } from './work-context.js';

/** Never in a log line, wherever it hides. Keys only: values of secrets have no shape to recognise. */
const SECRET_KEYS = [
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'shippingAddress',
  'email',
];
const REDACT = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** One JSON object a line on standard output, written synchronously so that the last lines are not lost. */
export function createLogger(level: string, serviceOf: (module: string) => string): Logger {
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        // nestjs-pino and Nest call it `err`; the log's schema calls it `error`.
        log: ({ err, ...rest }) => (err === undefined ? rest : { ...rest, error: err }),
      },
      redact: { paths: REDACT, censor: '[redacted]' },
      serializers: { error: describeError },
      mixin: () => {
        const { module } = currentWork();
        const span = trace.getActiveSpan()?.spanContext();
        return {
          service: serviceOf(module),
          module,
          ...(span ? { trace_id: span.traceId, span_id: span.spanId } : {}),
        };
      },
    },
    pino.destination({ dest: 1, sync: true }),
  );
}

interface ErrorLike extends Error {
  code?: string;
}

/** An error without its inputs: a failed statement's parameters may be somebody's address. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, code, cause } = error as ErrorLike;
  return { type: name, message, ...(code ? { code } : {}), stack, ...(cause ? { cause: describeError(cause) } : {}) };
}
