import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { AuthErrors } from './auth.errors.js';
import {
  type AuthenticatedRequest,
  hasRole,
  PUBLIC_ROUTE,
  REQUIRED_ROLE,
  type Principal,
  type Role,
} from './principal.js';
import { TokenVerifier } from './token-verifier.js';

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/**
 * Denies by default: a route is for holders of a valid access token unless it says otherwise. Guards HTTP only;
 * calls between modules come from inside, and sockets authenticate by their first message.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & AuthenticatedRequest>();
    const { authorization } = request.headers;
    const role = this.metadata<Role>(context, REQUIRED_ROLE);
    // A role that is asked for wins over a public controller around it.
    if (role === undefined && this.metadata<boolean>(context, PUBLIC_ROUTE)) {
      const principal = await this.ifValid(authorization);
      if (principal) request.principal = principal;
      return true;
    }
    request.principal = await this.authenticate(authorization);
    if (role !== undefined && !hasRole(request.principal, role))
      throw AuthErrors.FORBIDDEN(`This needs the role ${role}`);
    return true;
  }

  private metadata<T>(context: ExecutionContext, key: string): T | undefined {
    return this.reflector.getAllAndOverride<T | undefined>(key, [context.getHandler(), context.getClass()]);
  }

  private async authenticate(authorization: string | undefined): Promise<Principal> {
    if (authorization === undefined || !/^Bearer\b/i.test(authorization)) throw AuthErrors.TOKEN_REQUIRED();
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) throw AuthErrors.TOKEN_INVALID();
    return (await this.tokens.verify(token)).principal;
  }

  /** On a public route a token that is stale, or cannot be checked now, must not shut out who needs none. */
  private async ifValid(authorization: string | undefined): Promise<Principal | null> {
    if (authorization === undefined) return null;
    try {
      return await this.authenticate(authorization);
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }
}
