/** What can be said from outside: `k6 run -e RATE=50 average.ts`. README.md lists all of it. */
export const BASE_URL = text('BASE_URL', 'http://127.0.0.1:8000');
/** Customers, each registered once: the next run finds them again. */
export const USERS = number('USERS', 5);
export const PASSWORD = text('PASSWORD', 'a password for k6 alone');
export const CARD_TOKEN = text('CARD_TOKEN', 'tok_visa');
/** Who fills the shelves and counts them afterwards. */
export const STAFF_EMAIL = text('STAFF_EMAIL', 'staff@waybill.test');
export const STAFF_PASSWORD = text('STAFF_PASSWORD', 'waybill-demo');

export function text(name: string, standard: string): string {
  return __ENV[name] || standard;
}

export function number(name: string, standard: number): number {
  const value = Number(__ENV[name] || standard);
  if (!(value > 0)) throw new Error(`${name} must be a number above 0`);
  return value;
}
