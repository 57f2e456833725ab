/** What a user may do: the part of an account that only administrators change. */
export interface Standing {
  roles: readonly string[];
  status: 'active' | 'suspended';
}

function isActiveAdmin({ roles, status }: Standing): boolean {
  return status === 'active' && roles.includes('admin');
}

/** Roles are written into access tokens, so that a change of them ends the sessions; so does a suspension. */
export function endsSessions(before: Standing, after: Standing): boolean {
  if (after.status === 'suspended') return before.status !== 'suspended';
  return [...before.roles].sort().join() !== [...after.roles].sort().join();
}

/** True when nobody could administer afterwards, and so nobody could undo it. */
export function leavesNoAdmin(before: Standing, after: Standing, otherActiveAdmins: number): boolean {
  return otherActiveAdmins === 0 && isActiveAdmin(before) && !isActiveAdmin(after);
}
