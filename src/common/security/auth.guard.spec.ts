import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Unavailable } from '../errors/common.errors.js';
import { AuthErrors } from './auth.errors.js';
import { AuthGuard } from './auth.guard.js';
import { type AuthenticatedRequest, type Principal, Public, RequireRole, type Role } from './principal.js';
import type { TokenVerifier } from './token-verifier.js';

class PrivateRoutes {
  anybody() {}

  @Public()
  open() {}

  @RequireRole('staff')
  staff() {}

  @RequireRole('admin')
  admin() {}
}

@Public()
class PublicRoutes {
  open() {}

  @RequireRole('staff')
  staff() {}
}

/** Knows a token for each role, by its name. */
const tokens = {
  verify: (token: string) => {
    if (token === 'unchecked') return Promise.reject(new Unavailable('no keys'));
    if (!['customer', 'staff', 'admin'].includes(token)) return Promise.reject(AuthErrors.TOKEN_INVALID());
    return Promise.resolve({ principal: principal(token as Role), expiresAt: new Date() });
  },
} as TokenVerifier;

function principal(role: Role): Principal {
  return { userId: `a ${role}`, sessionId: 'a session', roles: [role] };
}

describe('the guard', () => {
  const guard = new AuthGuard(new Reflector(), tokens);

  async function ask(routes: new () => object, handler: string, authorization?: string, type = 'http') {
    const request: AuthenticatedRequest & { headers: object } = { headers: { authorization } };
    const method = Reflect.get(routes.prototype as object, handler) as () => void;
    const context = new ExecutionContextHost([request], routes, method);
    context.setType(type);
    try {
      const passed = await guard.canActivate(context);
      return passed ? (request.principal?.userId ?? 'nobody') : 'refused';
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  it('asks for a token where a route says nothing about it', async () => {
    expect(await ask(PrivateRoutes, 'anybody')).toBe('AUTH.TOKEN_REQUIRED');
    expect(await ask(PrivateRoutes, 'anybody', 'Bearer bad')).toBe('AUTH.TOKEN_INVALID');
    expect(await ask(PrivateRoutes, 'anybody', 'Bearer customer')).toBe('a customer');
    expect(await ask(PrivateRoutes, 'anybody', 'bearer  customer')).toBe('a customer');
  });

  it('asks for a role, which administrators have where staff have it', async () => {
    expect(await ask(PrivateRoutes, 'staff')).toBe('AUTH.TOKEN_REQUIRED');
    expect(await ask(PrivateRoutes, 'staff', 'Bearer customer')).toBe('AUTH.FORBIDDEN');
    expect(await ask(PrivateRoutes, 'staff', 'Bearer staff')).toBe('a staff');
    expect(await ask(PrivateRoutes, 'staff', 'Bearer admin')).toBe('a admin');
    expect(await ask(PrivateRoutes, 'admin', 'Bearer staff')).toBe('AUTH.FORBIDDEN');
  });

  it('lets everybody into a public route, and says who it is when the token holds', async () => {
    expect(await ask(PrivateRoutes, 'open')).toBe('nobody');
    expect(await ask(PublicRoutes, 'open', 'Bearer customer')).toBe('a customer');
    expect(await ask(PublicRoutes, 'open', 'Bearer bad')).toBe('nobody');
    expect(await ask(PublicRoutes, 'open', 'Bearer unchecked')).toBe('nobody');
  });

  it('guards a route with a role inside a public controller', async () => {
    expect(await ask(PublicRoutes, 'staff')).toBe('AUTH.TOKEN_REQUIRED');
    expect(await ask(PublicRoutes, 'staff', 'Bearer staff')).toBe('a staff');
  });

  it('says that it cannot tell, rather than that the token is bad', async () => {
    expect(await ask(PrivateRoutes, 'anybody', 'Bearer unchecked')).toBe('SERVICE.UNAVAILABLE');
  });

  it('leaves messages between modules alone', async () => {
    expect(await ask(PrivateRoutes, 'admin', undefined, 'rpc')).toBe('nobody');
  });
});
