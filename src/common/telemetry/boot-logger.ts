import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** What Nest's `Logger` writes to until the application has its own: the boot is logged in the same form. */
export function bootLogger(log: Logger): LoggerService {
  const at =
    (level: 'info' | 'warn' | 'error' | 'debug' | 'fatal') =>
    (first: unknown, ...rest: unknown[]) => {
      // As nestjs-pino has it: fields, message, context; or message, context.
      const context = rest.pop();
      const [message] = typeof first === 'string' ? [first] : rest;
      const fields = typeof first === 'object' ? first : {};
      log[level]({ ...fields, context }, typeof message === 'string' ? message : '');
    };
  return {
    log: at('info'),
    warn: at('warn'),
    error: at('error'),
    debug: at('debug'),
    fatal: at('fatal'),
  };
}
