/** What the mock does with each test token; any other token is declined as invalid. */
export type TokenBehaviour =
  | { readonly kind: 'capture'; readonly delayMs: number; readonly withheld: boolean }
  | { readonly kind: 'decline'; readonly reason: string; readonly message: string }
  | { readonly kind: 'error' };

const captured = { kind: 'capture', delayMs: 0, withheld: false } as const;

/** Declines as the issuer would. */
export const cardDeclined: TokenBehaviour = {
  kind: 'decline',
  reason: 'card_declined',
  message: 'The card was declined.',
};

const invalidToken: TokenBehaviour = {
  kind: 'decline',
  reason: 'invalid_token',
  message: 'No card is known by this token.',
};

const behaviours = new Map<string, TokenBehaviour>([
  ['tok_visa', captured],
  ['tok_mastercard', captured],
  ['tok_slow', { kind: 'capture', delayMs: 2_000, withheld: false }],
  ['tok_gateway_timeout', { kind: 'capture', delayMs: 0, withheld: true }],
  ['tok_gateway_error', { kind: 'error' }],
  ['tok_declined', cardDeclined],
  [
    'tok_insufficient_funds',
    { kind: 'decline', reason: 'insufficient_funds', message: 'The card has insufficient funds.' },
  ],
]);

export function behaviourOf(token: string): TokenBehaviour {
  return behaviours.get(token) ?? invalidToken;
}

/** The message that goes with a recorded reason. */
export function declineMessage(reason: string): string {
  for (const each of [...behaviours.values(), invalidToken]) {
    if (each.kind === 'decline' && each.reason === reason) return each.message;
  }
  return 'The charge was declined.';
}
