import { RouteConfig } from '@nestjs/platform-fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    admitted?: boolean;
  }
}

/**
 * For routes that take in work: past what the process can do they are refused at the door, with 503 and `Retry-After`,
 * before anything is spent on them.
 */
export const Admitted = () => RouteConfig({ admitted: true });
