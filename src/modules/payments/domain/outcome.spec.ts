import { type Answer, answerOf, type Outcome, type Recorded, recordedAs, type Standing } from './outcome.js';

const nothing = { reference: null, reason: null, refunded: 0, error: null };

const RECORDED: [Outcome, Recorded][] = [
  [
    { kind: 'captured', reference: 'ch_1' },
    { ...nothing, status: 'captured', reference: 'ch_1' },
  ],
  [
    { kind: 'declined', reference: 'ch_1', reason: 'card_declined' },
    { ...nothing, status: 'declined', reference: 'ch_1', reason: 'card_declined' },
  ],
  [
    { kind: 'voided', reference: null, paidBack: false },
    { ...nothing, status: 'declined' },
  ],
  [
    { kind: 'voided', reference: 'ch_1', paidBack: true },
    { ...nothing, status: 'refunded', reference: 'ch_1', refunded: 500 },
  ],
  [
    { kind: 'never-sent', error: 'refused' },
    { ...nothing, status: 'declined', reason: 'gateway_unavailable', error: 'refused' },
  ],
  [
    { kind: 'unknown', error: 'silence' },
    { ...nothing, status: 'unknown', error: 'silence' },
  ],
];

describe('what came of a charge', () => {
  it.each(RECORDED)('%j is recorded as %j', (outcome, recorded) => {
    expect(recordedAs(outcome, 500)).toEqual(recorded);
  });
});

const standing = (status: Standing['status'], reason: string | null = null, cancelled = false): Standing => ({
  status,
  reason,
  cancelled,
});

const ANSWERS: [Standing, Answer][] = [
  [standing('pending'), 'unknown'],
  [standing('unknown'), 'unknown'],
  [standing('pending', 'gateway_unavailable', true), 'unknown'],
  [standing('captured'), 'captured'],
  [standing('partially_refunded'), 'captured'],
  [standing('refunded'), 'captured'],
  [standing('declined', 'card_declined'), 'declined'],
  [standing('declined', 'invalid_token'), 'invalid-token'],
  [standing('declined', 'gateway_unavailable'), 'gateway-unavailable'],
  [standing('declined', 'gateway_unavailable', true), 'gateway-unavailable'],
  [standing('refunded', 'gateway_unavailable', true), 'gateway-unavailable'],
  [standing('declined', 'changed my mind', true), 'cancelled'],
  [standing('captured', 'changed my mind', true), 'cancelled'],
  [standing('refunded', 'changed my mind', true), 'cancelled'],
];

describe('what is told of a payment', () => {
  it.each(ANSWERS)('%j is %s', (payment, answer) => {
    expect(answerOf(payment)).toBe(answer);
  });
});
