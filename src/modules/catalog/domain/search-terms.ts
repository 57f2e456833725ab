const MAX_TERMS = 8;

/**
 * A search box's text as a PostgreSQL tsquery of word beginnings, all of which must be found: `Har mug!` is
 * `har:* & mug:*`. Nothing but letters and digits gets through, so it is a valid query whatever was typed.
 * Null when there is no word in it.
 */
export function searchTerms(q: string): string | null {
  const words = q.toLowerCase().match(/[\p{L}\p{M}\p{Nd}]+/gu);
  return words
    ? words
        .slice(0, MAX_TERMS)
        .map((word) => `${word}:*`)
        .join(' & ')
    : null;
}
