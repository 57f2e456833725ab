/** What is known of a refresh token that somebody presents. */
export interface PresentedToken {
  /** It has been exchanged for a newer one already. */
  used: boolean;
  /** And whoever used it shows that the answer was lost: it comes again at once, and no later one was ever used. */
  retried: boolean;
  /** Its session was ended: by logout, by its user, by an administrator or by a reuse. */
  ended: boolean;
  /** Its session was not used for too long. */
  expired: boolean;
}

export type RefreshVerdict = 'rotate' | 'reused' | 'ended' | 'expired';

/**
 * A refresh token works once. One that comes back was copied, and since nobody can tell the copy from the
 * original, the whole session ends. Reuse is therefore told even of a session that is over. What is only retried is
 * exchanged anew; the token whose answer was lost counts as used from then on.
 * Source: RFC 9700, section 4.14.2 (refresh token rotation).
 */
export function judgeRefresh({ used, retried, ended, expired }: PresentedToken): RefreshVerdict {
  if (used && !retried) return 'reused';
  if (ended) return 'ended';
  if (expired) return 'expired';
  return 'rotate';
}
