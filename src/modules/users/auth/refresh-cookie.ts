import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../../common/config/config.js';
import { isRefusal } from '../../../common/errors/common.errors.js';
import { AuthErrors } from '../../../common/security/auth.errors.js';
import type { Tokens } from '../users.schemas.js';

/**
 * Where a browser keeps its refresh token: out of reach of scripts. Other sites cannot make use of it, since browsers
 * send it along from our own site only (SameSite=Strict), of whose other origins nothing is taken (Sec-Fetch-Site), and
 * the routes that read it take JSON bodies only, which no form can send.
 */
@Injectable()
export class RefreshCookie {
  constructor(private readonly config: Config) {}

  /** The refresh token that came with a request of our own page. */
  of(request: FastifyRequest): string | null {
    const { cookie = '', 'sec-fetch-site': from = 'same-origin' } = request.headers;
    if (from !== 'same-origin') return null;
    const { name } = kindFor(request);
    const [, token] = new RegExp(`(?:^|;\\s*)${name}=([\\w-]{1,200})(?:;|$)`).exec(cookie) ?? [];
    return token ?? null;
  }

  /** Puts the refresh token into the cookie. Answers the rest, which is for the body. */
  keep(reply: FastifyReply, { refreshToken, ...rest }: Tokens): Omit<Tokens, 'refreshToken'> {
    this.set(reply, refreshToken, this.config.refreshTokenSeconds);
    return rest;
  }

  drop(reply: FastifyReply): void {
    this.set(reply, '', 0);
  }

  /** Exchanges the token in the cookie. One that is refused will be so for ever: the browser forgets it. */
  async exchange(
    request: FastifyRequest,
    reply: FastifyReply,
    refresh: (token: string) => Promise<Tokens>,
  ): Promise<Omit<Tokens, 'refreshToken'>> {
    const token = this.of(request);
    if (token === null) throw AuthErrors.REFRESH_INVALID('There is no cookie with a refresh token');
    try {
      return this.keep(reply, await refresh(token));
    } catch (error) {
      if (isRefusal(error)) this.drop(reply);
      throw error;
    }
  }

  private set(reply: FastifyReply, value: string, seconds: number): void {
    const { name, attributes } = kindFor(reply.request);
    void reply.header(
      'Set-Cookie',
      `${name}=${value}; ${attributes}; Max-Age=${seconds}; HttpOnly; SameSite=Strict`,
    );
  }
}

/**
 * Wherever TLS reaches us, or the proxy in front of us, it is bound to this very host: no subdomain of it, and nobody
 * on the line, can put another in its place (`__Host-`, RFC 6265bis). That asks for all paths.
 */
function kindFor({ protocol }: FastifyRequest): { name: string; attributes: string } {
  if (protocol === 'https') return { name: '__Host-waybill_refresh', attributes: 'Path=/; Secure' };
  return { name: 'waybill_refresh', attributes: 'Path=/api/v1/users' };
}
