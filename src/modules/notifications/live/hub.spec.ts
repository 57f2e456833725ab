import type { Role } from '../../../common/security/principal.js';
import { Hub, type Listener } from './hub.js';

class Ear implements Listener {
  readonly heard: string[] = [];
  readonly principal;

  constructor(userId: string, ...roles: Role[]) {
    this.principal = { userId, sessionId: 's', roles };
  }

  send(text: string): void {
    this.heard.push((JSON.parse(text) as { type: string }).type);
  }
}

const order = { type: 'orders.confirmed', data: { orderId: '1' }, userId: 'alice', staff: true };
const stock = { type: 'inventory.reserved', data: {}, userId: null, staff: true };
const note = { type: 'notifications.sent', data: {}, userId: 'alice', staff: false };

describe('Hub', () => {
  const alice = new Ear('alice', 'customer');
  const alicesPhone = new Ear('alice', 'customer');
  const bob = new Ear('bob', 'customer');
  const staff = new Ear('sue', 'staff');
  const admin = new Ear('ann', 'admin');
  const everybody = [alice, alicesPhone, bob, staff, admin];
  let hub: Hub;

  beforeEach(() => {
    hub = new Hub();
    for (const each of everybody) {
      each.heard.length = 0;
      hub.join(each);
    }
  });

  const heard = () => everybody.map((each) => each.heard.length);

  it('brings an order to its owner wherever they listen, and to all staff', () => {
    hub.deliver(order);
    expect(heard()).toEqual([1, 1, 0, 1, 1]);
  });

  it('brings stock to staff alone', () => {
    hub.deliver(stock);
    expect(heard()).toEqual([0, 0, 0, 1, 1]);
  });

  it('brings a notification to its user alone', () => {
    hub.deliver(note);
    expect(heard()).toEqual([1, 1, 0, 0, 0]);
  });

  it('tells a member of staff of their own order once', () => {
    hub.deliver({ ...order, userId: 'sue' });
    expect(staff.heard).toEqual(['orders.confirmed']);
  });

  it('forgets who left', () => {
    hub.leave(alice);
    hub.leave(staff);
    hub.deliver(order);
    expect(heard()).toEqual([0, 1, 0, 0, 1]);
    expect(hub.countOf('alice')).toBe(1);
    hub.leave(alicesPhone);
    expect(hub.countOf('alice')).toBe(0);
  });
});
