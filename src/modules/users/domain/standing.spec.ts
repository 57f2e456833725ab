import { endsSessions, leavesNoAdmin, type Standing } from './standing.js';

const customer: Standing = { roles: ['customer'], status: 'active' };
const admin: Standing = { roles: ['customer', 'admin'], status: 'active' };

describe('a change of roles or status', () => {
  it('ends the sessions when a role is given or taken', () => {
    expect(endsSessions(customer, admin)).toBe(true);
    expect(endsSessions(admin, customer)).toBe(true);
  });

  it('ends the sessions when the user is suspended, once', () => {
    const suspended: Standing = { ...customer, status: 'suspended' };
    expect(endsSessions(customer, suspended)).toBe(true);
    expect(endsSessions(suspended, suspended)).toBe(false);
    expect(endsSessions(suspended, customer)).toBe(false);
  });

  it('leaves the sessions alone when nothing changes but the order of the roles', () => {
    expect(endsSessions(admin, { ...admin, roles: ['admin', 'customer'] })).toBe(false);
  });
});

describe('the last administrator', () => {
  it('can neither step down nor be suspended', () => {
    expect(leavesNoAdmin(admin, customer, 0)).toBe(true);
    expect(leavesNoAdmin(admin, { ...admin, status: 'suspended' }, 0)).toBe(true);
  });

  it('can when there is another', () => {
    expect(leavesNoAdmin(admin, customer, 1)).toBe(false);
  });

  it('is not touched by changes of somebody else', () => {
    expect(leavesNoAdmin(customer, { ...customer, status: 'suspended' }, 0)).toBe(false);
    expect(leavesNoAdmin({ ...admin, status: 'suspended' }, customer, 0)).toBe(false);
    expect(leavesNoAdmin(admin, { ...admin, roles: ['admin'] }, 0)).toBe(false);
  });
});
