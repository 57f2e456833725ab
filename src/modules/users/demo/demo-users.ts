import type { Role } from '../../../common/security/principal.js';

export interface DemoUser {
  id: string;
  email: string;
  name: string;
  roles: readonly Role[];
}

/** The password of all of them. */
export const DEMO_PASSWORD = 'waybill-demo';

/** Users of an empty store outside production. Their ids never change, so that examples work as they stand. */
export const DEMO_USERS = {
  alice: demoUser(1, 'alice', 'Alice Archer', ['customer']),
  bob: demoUser(2, 'bob', 'Bob Baker', ['customer']),
  staff: demoUser(3, 'staff', 'Stella Staff', ['staff']),
  admin: demoUser(4, 'admin', 'Ada Admin', ['admin']),
} satisfies Record<string, DemoUser>;

function demoUser(number: number, account: string, name: string, roles: readonly Role[]): DemoUser {
  return {
    id: `0199c0de-0000-7000-8000-00000000000${number}`,
    email: `${account}@waybill.test`,
    name,
    roles,
  };
}
