import { Failure } from './failures.js';

export interface Credentials {
  email: string;
  password: string;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const DEMO: Credentials = { email: 'admin@waybill.test', password: 'waybill-demo' };

/** A token or a login, from the environment; the demo administrator on this machine. */
export function credentialsFor(
  url: string,
  env: Record<string, string | undefined>,
): Credentials | { token: string } {
  const { WAYBILL_TOKEN: token, WAYBILL_EMAIL: email, WAYBILL_PASSWORD: password } = env;
  if (token) return { token };
  if (email && password) return { email, password };
  if (!email && !password && LOOPBACK.test(new URL(url).hostname)) return DEMO;
  throw new Failure(`Who are you at ${url}? Set WAYBILL_TOKEN, or both WAYBILL_EMAIL and WAYBILL_PASSWORD.`);
}
