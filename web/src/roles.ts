import type { User } from './api/client';

export function isAdmin(user: User | string): boolean {
  return typeof user !== 'string' && user.roles.includes('admin');
}

/** Administrators may do whatever staff may. */
export function isStaff(user: User | string): boolean {
  return isAdmin(user) || (typeof user !== 'string' && user.roles.includes('staff'));
}
