import type { PlaceOrder } from './sent-order';

export type Draft = Pick<PlaceOrder, 'payment' | 'shippingAddress' | 'note'>;

let kept: { userId: string; draft: Draft } | null = null;

/** What somebody entered at the checkout, for when they come back from the basket, or have had to log in again. */
export function draftOf(userId: string): Draft | null {
  return kept?.userId === userId ? kept.draft : null;
}

export function keepDraft(userId: string, draft: Draft): void {
  kept = { userId, draft };
}

export function forgetDraft(): void {
  kept = null;
}
