import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

const MAX_USER_AGENT = 200;

/** Whence a request came, as far as that can be told. */
export interface ClientInfo {
  address: string;
  userAgent: string | null;
}

/** The header's text without what a line of text may not hold, cut to 200 characters. */
export function boundedUserAgent(header: string | undefined): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  const text = header
    ?.replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
    .trim()
    .slice(0, MAX_USER_AGENT)
    .toWellFormed();
  return text || null;
}

/** Who sends the request: the client address as the trusted proxies tell it, and its user agent. */
export const Client = createParamDecorator((_: unknown, context: ExecutionContext): ClientInfo => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return { address: request.ip, userAgent: boundedUserAgent(request.headers['user-agent']) };
});
