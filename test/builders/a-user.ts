import type { Api } from '../api.js';

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}

export interface UserBody {
  id: string;
  email: string;
  name: string;
  roles: string[];
  status: string;
  createdAt: string;
}

/** A customer of their own, registered and logged in, so that a test disturbs no other. */
export interface TestUser extends UserBody, Tokens {
  password: string;
}

let users = 0;

export async function aUser(
  api: Api,
  about: { email?: string; password?: string; name?: string } = {},
): Promise<TestUser> {
  users += 1;
  const email = about.email ?? `user-${users}@example.org`;
  const password = about.password ?? 'correct horse battery';
  const { status, body } = await api.post<UserBody>('/users/register', {
    email,
    password,
    name: about.name ?? `User ${users}`,
  });
  if (status !== 201) throw new Error(`registering ${email} answered ${status} ${JSON.stringify(body)}`);
  return { ...body, ...(await logIn(api, email, password)), password };
}

export async function logIn(
  api: Api,
  email: string,
  password: string,
  headers: Record<string, string> = {},
): Promise<Tokens> {
  const { status, body } = await api.post<Tokens>('/users/login', { email, password }, { headers });
  if (status !== 200) throw new Error(`login of ${email} answered ${status} ${JSON.stringify(body)}`);
  return body;
}
