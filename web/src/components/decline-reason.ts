import { strings } from '../strings';

/** Why a card was declined, where the gateway says more than that it was; for people. */
export function declineReason(detail: string): string | undefined {
  const reasons = Object.entries(strings.checkout.declinedReasons);
  return reasons.find(([code]) => detail.includes(code))?.[1];
}
