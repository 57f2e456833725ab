import createClient from 'openapi-fetch';
import { Store } from '../store';
import { Problem } from './problem';
import type { components, paths } from './schema';

export type User = components['schemas']['User'];

/** `unknown` until the cookie has been tried; `out` when nobody is logged in. */
export const session = new Store<User | 'unknown' | 'out'>('unknown');

/** Whether the session was ended by somebody else than this page: revoked, or over. */
export const wasEnded = new Store(false);

export function isAdmin({ roles }: User): boolean {
  return roles.includes('admin');
}

/** Administrators may do whatever staff may. */
export function isStaff(user: User): boolean {
  return user.roles.includes('staff') || isAdmin(user);
}

const USERS = '/api/v1/users';
/** A token that is about to expire is exchanged before it is used. */
const MARGIN_MS = 15_000;

/** In memory only: what a page keeps elsewhere, a script of somebody else's could read later. */
let access: { token: string; until: number } | null = null;
let refreshing: Promise<string | null> | null = null;

const post = (path: string, body: unknown) =>
  fetch(`${USERS}/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    keepalive: true,
  });

async function problemOf(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as components['schemas']['Problem'];
  return new Problem({ ...body, status: answer.status });
}

function keep({ accessToken, expiresIn }: components['schemas']['Tokens']): string {
  access = { token: accessToken, until: Date.now() + expiresIn * 1000 - MARGIN_MS };
  return accessToken;
}

/** Logs in, with the refresh token in a cookie that scripts cannot read. */
export async function logIn(email: string, password: string): Promise<void> {
  const answer = await post('login', { email, password, cookie: true }).catch(() => null);
  if (!answer?.ok) throw answer ? await problemOf(answer) : new Problem({});
  keep((await answer.json()) as components['schemas']['Tokens']);
  wasEnded.set(false);
  await loadUser();
}

export async function logOut(): Promise<void> {
  await exclusively(() => post('logout', {})).catch(() => undefined);
  leave();
}

/** Goes on with the session of the cookie, if there is one. */
export async function resume(): Promise<void> {
  try {
    if (await freshToken()) await loadUser();
    else leave();
  } catch {
    // Nobody can tell at the moment: as far as this page goes, nobody is logged in.
    leave();
  }
}

async function loadUser(): Promise<void> {
  const { data } = await client.GET('/api/v1/users/me');
  if (data) session.set(data);
}

function leave(): void {
  access = null;
  session.set('out');
}

/** An access token that will hold for a while, or null when nobody is logged in. @throws Problem when it cannot be told */
export function freshToken(): Promise<string | null> {
  if (access && Date.now() < access.until) return Promise.resolve(access.token);
  refreshing ??= exclusively(refresh).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** The token was refused: the next one asked for is another. */
export function distrust(token: string): void {
  if (access?.token === token) access = null;
}

/** A refresh token works once, and all tabs share it: one of them at a time. */
function exclusively<T>(work: () => Promise<T>): Promise<T> {
  // Not there on pages without TLS from other machines.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? (locks.request('waybill.session', work) as Promise<T>) : work();
}

async function refresh(): Promise<string | null> {
  const answer = await post('refresh', {}).catch(() => null);
  if (answer?.ok) return keep((await answer.json()) as components['schemas']['Tokens']);
  if (answer?.status !== 401) throw answer ? await problemOf(answer) : new Problem({});
  wasEnded.set(typeof session.get() === 'object');
  leave();
  return null;
}

/** With the user's token where there is one; once more with another one when it is refused. */
async function authorized(request: Request): Promise<Response> {
  const again = request.clone();
  const token = session.get() === 'out' && !access ? null : await freshToken();
  if (!token) return fetch(request);
  request.headers.set('Authorization', `Bearer ${token}`);
  const answer = await fetch(request);
  if (answer.status !== 401) return answer;
  distrust(token);
  const next = await freshToken();
  if (!next) return answer;
  again.headers.set('Authorization', `Bearer ${next}`);
  return fetch(again);
}

/** The API, typed by its OpenAPI document. What is not answered as it should be is thrown as a `Problem`. */
export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: authorized });

client.use({
  onResponse: async ({ response }) => {
    if (!response.ok) throw await problemOf(response);
  },
  onError: ({ error }) => Problem.of(error),
});
