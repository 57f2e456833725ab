import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';
import type { Config } from '../config/config.js';

const OPTIONS = {
  contentSecurityPolicy: {
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      // Plain HTTP is how the lab runs; TLS ends at the reverse proxy.
      upgradeInsecureRequests: null,
    },
  },
} satisfies HelmetOptions;

/**
 * Tells browsers what they must not do, by helmet's headers, and that they must keep nothing that does not say that
 * they may: what somebody was shown is not for the next at the same machine. The same on each answer, so made once.
 */
export function useSecurityHeaders(
  fastify: FastifyInstance,
  { production }: Pick<Config, 'production'>,
): void {
  const headers = {
    'cache-control': 'no-store',
    ...headersOf({ ...OPTIONS, strictTransportSecurity: production }),
  };
  fastify.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

function headersOf(options: HelmetOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error as Error;
  });
  return headers;
}
