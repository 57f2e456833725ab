/** An `Idempotency-Key`. Also where the page came without TLS, and so without crypto.randomUUID. */
export function newKey(): string {
  return `web-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
}
