import createClient from 'openapi-fetch';
import { exclusively } from '../exclusively';
import { Store } from '../store';
import { Problem } from './problem';
import type { components, paths } from './schema';

export type User = components['schemas']['User'];

/** `unknown` until the cookie has been tried; `out` when nobody is logged in. */
export const session = new Store<User | 'unknown' | 'out'>('unknown');

/** Why nobody is logged in, where they did not log out here: it was ended elsewhere, or that cannot be told. */
export const whyOut = new Store<'ended' | 'unclear' | null>(null);

export function isStaff({ roles }: User): boolean {
  return roles.includes('staff') || roles.includes('admin');
}

const USERS = '/api/v1/users';
/** A token that is about to expire is exchanged before it is used. */
const MARGIN_MS = 15_000;
const RESUME_AGAIN_MS = 2000;

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

/** Another tab may have logged out meanwhile, and somebody else in: then this page is theirs from here on. */
function keep({ accessToken, expiresIn }: components['schemas']['Tokens']): string {
  access = { token: accessToken, until: Date.now() + expiresIn * 1000 - MARGIN_MS };
  const user = session.get();
  if (typeof user === 'object' && user.id !== subjectOf(accessToken)) {
    session.set('unknown');
    void resume();
  }
  return accessToken;
}

/** Whose token it is, by its own account; what it is worth is for the API to say. */
function subjectOf(token: string): unknown {
  const [, claims = ''] = token.split('.');
  const { sub } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))) as { sub?: unknown };
  return sub;
}

/** Logs in, with the refresh token in a cookie that scripts cannot read. */
export async function logIn(email: string, password: string): Promise<void> {
  const body = { email, password, cookie: true };
  const answer = await exclusively('session', () => post('login', body)).catch(() => null);
  if (!answer?.ok) throw answer ? await problemOf(answer) : new Problem({});
  keep((await answer.json()) as components['schemas']['Tokens']);
  await loadUser();
}

/** @throws Problem when the session may go on, so that nobody leaves a browser that is still logged in */
export async function logOut(): Promise<void> {
  const answer = await exclusively('session', () => post('logout', {})).catch(() => null);
  if (!answer?.ok) throw answer ? await problemOf(answer) : new Problem({});
  leave(null);
}

/** Goes on with the session of the cookie, if there is one. Nobody is logged in as long as that cannot be told. */
export async function resume(): Promise<void> {
  try {
    if (await freshToken()) await loadUser();
    else if (session.get() === 'unknown') leave(null);
  } catch {
    if (typeof session.get() === 'object') return;
    leave('unclear');
    window.setTimeout(() => {
      if (whyOut.get() === 'unclear') void resume();
    }, RESUME_AGAIN_MS);
  }
}

async function loadUser(): Promise<void> {
  const { data } = await client.GET('/api/v1/users/me');
  if (!data) return;
  whyOut.set(null);
  session.set(data);
}

function leave(why: 'ended' | 'unclear' | null): void {
  access = null;
  whyOut.set(why);
  if (session.get() !== 'out') session.set('out');
}

/** An access token that will hold for a while, or null when nobody is logged in. @throws Problem when it cannot be told */
export function freshToken(): Promise<string | null> {
  if (access && Date.now() < access.until) return Promise.resolve(access.token);
  // A refresh token works once, and all tabs share it: one of them at a time.
  refreshing ??= exclusively('session', refresh).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** The token was refused: the next one asked for is another. */
export function distrust(token: string): void {
  if (access?.token === token) access = null;
}

async function refresh(): Promise<string | null> {
  const answer = await post('refresh', {}).catch(() => null);
  if (answer?.ok) return keep((await answer.json()) as components['schemas']['Tokens']);
  if (answer?.status !== 401) throw answer ? await problemOf(answer) : new Problem({});
  leave(typeof session.get() === 'object' ? 'ended' : null);
  return null;
}

/** With the user's token where there is one; once more with another one when it is refused. */
async function authorized(request: Request): Promise<Response> {
  const again = request.clone();
  const asker = session.get();
  // What is asked for before it is known who asks is everybody's: it does not wait for that.
  const token = typeof asker === 'string' && !access ? null : await tokenOf(asker);
  if (!token) return fetch(request);
  request.headers.set('Authorization', `Bearer ${token}`);
  const answer = await fetch(request);
  if (answer.status !== 401) return answer;
  distrust(token);
  const next = await tokenOf(asker);
  if (!next) return answer;
  again.headers.set('Authorization', `Bearer ${next}`);
  return fetch(again);
}

/** What one person asked for is never asked for in the name of another. */
async function tokenOf(asker: ReturnType<typeof session.get>): Promise<string | null> {
  const token = await freshToken();
  if (token && typeof asker === 'object' && session.get() !== asker) throw new Problem({});
  return token;
}

/** The API, typed by its OpenAPI document. What is not answered as it should be is thrown as a `Problem`. */
export const client = createClient<paths>({ baseUrl: window.location.origin, fetch: authorized });

client.use({
  onResponse: async ({ response }) => {
    if (!response.ok) throw await problemOf(response);
  },
  onError: ({ error }) => Problem.of(error),
});
