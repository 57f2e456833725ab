import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';

export const ROLES = ['customer', 'staff', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who makes a request, taken from a verified access token. */
export interface Principal {
  userId: string;
  sessionId: string;
  roles: readonly Role[];
}

/** Administrators may do whatever staff may. */
export function hasRole(principal: Principal, role: Role): boolean {
  return principal.roles.includes(role) || (role === 'staff' && principal.roles.includes('admin'));
}

export function isStaff(principal: Principal): boolean {
  return hasRole(principal, 'staff');
}

export const PUBLIC_ROUTE = 'waybill.public';
export const REQUIRED_ROLE = 'waybill.role';

/** A route for everybody. Every other one needs a valid access token. */
export const Public = () => SetMetadata(PUBLIC_ROUTE, true);

/** A route for holders of a role. */
export const RequireRole = (role: Role) => SetMetadata(REQUIRED_ROLE, role);

/** Where the guard leaves the principal. */
export interface AuthenticatedRequest {
  principal?: Principal;
}

/** What `@CurrentUser()` reads; also how the API page knows a public route that does more for those with a token. */
export function currentUser(_: unknown, context: ExecutionContext): Principal | null {
  return context.switchToHttp().getRequest<AuthenticatedRequest>().principal ?? null;
}

/** The verified principal of the request; null on a public route without a token. */
export const CurrentUser = createParamDecorator(currentUser);
