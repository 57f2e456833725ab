import {
  type Balance,
  afterRefund,
  leftToRefund,
  mayBecome,
  type PaymentStatus,
  REFUNDABLE,
  UNSETTLED,
} from './payment-state.js';

const ALL: PaymentStatus[] = ['pending', 'unknown', 'captured', 'declined', 'refunded', 'partially_refunded'];

/** Row by row: from, and everything it may become. */
const ALLOWED: [PaymentStatus, PaymentStatus[]][] = [
  ['pending', ['unknown', 'captured', 'declined', 'refunded']],
  ['unknown', ['unknown', 'captured', 'declined', 'refunded']],
  ['captured', ['partially_refunded', 'refunded']],
  ['partially_refunded', ['partially_refunded', 'refunded']],
  ['declined', []],
  ['refunded', []],
];

describe('the states of a payment', () => {
  it.each(ALLOWED)('lets %s become %j and nothing else', (from, allowed) => {
    expect(ALL.filter((to) => mayBecome(from, to)).toSorted()).toEqual(allowed.toSorted());
  });

  it('leaves a payment unsettled for as long as money may still be taken', () => {
    expect(UNSETTLED).toEqual(['pending', 'unknown']);
  });

  it('refunds only where money is kept', () => {
    expect(REFUNDABLE).toEqual(['captured', 'partially_refunded']);
    const left = (status: PaymentStatus) => leftToRefund({ status, amount: 100, refunded: 0 }, 0);
    expect(ALL.map(left)).toEqual([0, 0, 100, 0, 0, 100]);
  });
});

describe('a refund', () => {
  const captured: Balance = { status: 'captured', amount: 100, refunded: 0 };

  it('in part leaves the rest', () => {
    const after = afterRefund(captured, 30);
    expect(after).toEqual({ status: 'partially_refunded', amount: 100, refunded: 30 });
    expect(leftToRefund(after, 0)).toBe(70);
  });

  it('of all that is left ends the payment', () => {
    expect(afterRefund(afterRefund(captured, 30), 70)).toEqual({
      status: 'refunded',
      amount: 100,
      refunded: 100,
    });
  });

  it('counts from the moment it is under way', () => {
    expect(leftToRefund(captured, 60)).toBe(40);
  });

  it.each([0, -1, 101])('of %p is refused', (amount) => {
    expect(() => afterRefund(captured, amount)).toThrow(RangeError);
  });
});
