import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../../common/config/config.js';
import { isRefusal } from '../../../common/errors/common.errors.js';
import { AuthErrors } from '../../../common/security/auth.errors.js';
import type { Tokens } from '../users.schemas.js';

const NAME = 'waybill_refresh';
/** Sent to no other route. */
const PATH = '/api/v1/users';

/**
 * Where a browser keeps its refresh token: out of reach of scripts. Other sites cannot make use of it, since browsers
 * send it along from our own pages only (SameSite=Strict), and the routes that read it take JSON bodies only, which
 * another site's form cannot send.
 */
@Injectable()
export class RefreshCookie {
  constructor(private readonly config: Config) {}

  /** The refresh token that came with a request. */
  of({ headers: { cookie = '' } }: FastifyRequest): string | null {
    const [, token] = new RegExp(`(?:^|;\\s*)${NAME}=([\\w-]{1,200})(?:;|$)`).exec(cookie) ?? [];
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

  /** Secure wherever TLS reaches us or the proxy in front of us. */
  private set(reply: FastifyReply, value: string, seconds: number): void {
    const secure = reply.request.protocol === 'https' ? '; Secure' : '';
    void reply.header(
      'Set-Cookie',
      `${NAME}=${value}; Path=${PATH}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`,
    );
  }
}
