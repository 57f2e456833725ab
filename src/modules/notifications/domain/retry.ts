/** A message that its server put off this often has failed. The waits add up to about half an hour. */
export const MAX_ATTEMPTS = 12;
const LONGEST_WAIT_SECONDS = 900;

/** A message that could not even be handed to a server for this long has failed. */
export const GIVE_UP_AFTER_HOURS = 24;

/** Between two looks whether a server that was away is back. */
export const SERVER_AWAY_SECONDS = 5;

/** Seconds until the attempt after number `attempt` (from 1), or null when that was the last. */
export function waitAfter(attempt: number): number | null {
  return attempt >= MAX_ATTEMPTS ? null : Math.min(LONGEST_WAIT_SECONDS, 2 ** (attempt - 1));
}
