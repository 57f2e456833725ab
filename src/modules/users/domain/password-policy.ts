/** Length in characters. Long passphrases are welcome; the upper bound keeps hashing cheap to ask for. */
export const MIN_PASSWORD = 8;
export const MAX_PASSWORD = 128;

/** What is wrong with a new password, or null. Length is checked where the input is parsed. */
export function weaknessOf(password: string, email: string): string | null {
  const lower = password.toLowerCase();
  if (new Set(lower).size < 3) return 'must not repeat one or two characters';
  if (lower === email || lower === email.split('@', 1)[0]) return 'must not be your email address';
  return null;
}
