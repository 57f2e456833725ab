import { isNativeError } from 'node:util/types';
import { ConfigError } from './common/config/config.js';
import { BrokerRefusal } from './common/messaging/rabbitmq/first-connection.js';

interface SystemError extends Error {
  code?: string;
  syscall?: string;
  driverError?: SystemError;
}

/** SQLSTATEs of PostgreSQL that an operator can do something about, and what. */
const DATABASE_REFUSALS: Record<string, string> = {
  '28P01':
    "PostgreSQL refuses the user or password of DATABASE_URL, or of a module's own database URL: correct it.",
  '28000': 'PostgreSQL does not let the user of DATABASE_URL in: correct it, or pg_hba.conf.',
  '3D000': 'The database that DATABASE_URL names does not exist: create it first.',
  '42501':
    'The user of DATABASE_URL may not create roles and schemas: grant CREATEROLE, and CREATE on the database.',
  '53300': 'PostgreSQL has no connection left: raise max_connections, or lower DATABASE_POOL_SIZE.',
  '57P03': 'PostgreSQL is still starting: try again in a moment.',
};

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ECONNRESET',
  'ENETUNREACH',
]);
const TIMED_OUT = /timeout expired|connection timeout|connection terminated unexpectedly/i;

/** Why Waybill did not start, in words that can be acted on. Never a secret, never a stack. */
export function explainBootError(thrown: unknown, address: { host: string; port: number }): string {
  const outer = (isNativeError(thrown) ? thrown : new Error(String(thrown))) as SystemError;
  if (outer instanceof ConfigError || outer instanceof BrokerRefusal) return outer.message;
  const error = outer.driverError ?? outer;
  const { code = '' } = error;
  return (
    (error.syscall === 'listen' ? explainListen(code, address) : undefined) ??
    DATABASE_REFUSALS[code] ??
    (UNREACHABLE.has(code) || TIMED_OUT.test(error.message)
      ? "PostgreSQL does not answer where DATABASE_URL, or a module's own database URL, says: start it, or correct the URL."
      : undefined) ??
    `Waybill could not start: ${outer.message}`
  );
}

function explainListen(code: string, { host, port }: { host: string; port: number }): string | undefined {
  if (code === 'EADDRINUSE') return `PORT ${port} is in use: stop what listens there or set PORT.`;
  if (code === 'EACCES') return `PORT ${port} is not open to this user: set PORT to 1024 or more.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST ${host} is no address of this machine: correct HOST.`;
  return undefined;
}
