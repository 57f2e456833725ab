/** A key for a request that must not be carried out twice. Also where the page came without TLS, and so without crypto.randomUUID. */
export function newKey(): string {
  return `web-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
}
