import exec from 'k6/execution';
import { type Answer, ask, must, read, type Request, send } from './api.ts';
import { PASSWORD, STAFF_EMAIL, STAFF_PASSWORD, USERS } from './settings.ts';

export interface Person {
  email: string;
  password: string;
}

interface Session {
  accessToken: string;
  /** Seconds. */
  expiresIn: number;
}

/** Of this VU: k6 gives each a copy of its own. */
let session: { token: string; renewAt: number } | null = null;

/** For setup: customers who can log in. */
export function customers(): Person[] {
  return Array.from({ length: USERS }, (_, index) => {
    const person = { email: `k6-${index + 1}@waybill.test`, password: PASSWORD };
    if (send(login(person)).status !== 200) must(registration(person, index));
    return person;
  });
}

/** Of the customer that this VU is; logs in first, and again when half the token's life is over. */
export function tokenOf(people: Person[]): string | null {
  if (session && Date.now() < session.renewAt) return session.token;
  const person = people[(exec.vu.idInTest - 1) % people.length];
  const answer = person ? ask(login(person)) : null;
  session = answer && sessionOf(answer);
  return session?.token ?? null;
}

export function staffToken(): string {
  return sessionOf(must(login({ email: STAFF_EMAIL, password: STAFF_PASSWORD }))).token;
}

function sessionOf(answer: Answer): { token: string; renewAt: number } {
  const { accessToken, expiresIn } = read<Session>(answer);
  return { token: accessToken, renewAt: Date.now() + (expiresIn * 1000) / 2 };
}

function login(body: Person): Request {
  return { method: 'POST', path: '/users/login', route: '/users/login', body, expected: [200] };
}

function registration(person: Person, index: number): Request {
  const body = { ...person, name: `k6 ${index + 1}` };
  return { method: 'POST', path: '/users/register', route: '/users/register', body, expected: [201] };
}
