import http, { type RefinedResponse } from 'k6/http';
import { failed, refused } from './objectives.ts';
import { BASE_URL } from './settings.ts';

export type Answer = RefinedResponse<'text'>;

/** A client gives up then, and so do we: what comes later is a failure. */
const TIMEOUT = '10s';

export interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below /api/v1. */
  path: string;
  /** The path with its ids left out, so that k6 keeps one series for all of them. */
  route: string;
  token?: string;
  key?: string;
  body?: unknown;
  /** Statuses that are right; 503 and 429 with Retry-After are refusals, and all others failures. */
  expected: number[];
}

/** Asks once. Null when it was refused or failed, which has been counted then. */
export function ask(request: Request): Answer | null {
  const answer = send(request);
  const isRefused = isRefusal(answer);
  refused.add(isRefused);
  const isGood = request.expected.includes(answer.status);
  failed.add(!isGood && !isRefused, { status: String(answer.status) });
  return isGood ? answer : null;
}

/** The same without counting. */
export function send({ method, path, route, token, key, body }: Request): Answer {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token) headers['Authorization'] = `Bearer ${token}`;
  if (key) headers['Idempotency-Key'] = key;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  return http.request(method, `${BASE_URL}/api/v1${path}`, body === undefined ? null : JSON.stringify(body), {
    headers,
    timeout: TIMEOUT,
    tags: { name: `${method} ${route}` },
    responseType: 'text',
  });
}

export function isRefusal({ status, headers }: Answer): boolean {
  return (status === 503 || status === 429) && headers['Retry-After'] !== undefined;
}

/** For what comes before and after the load, where nothing may go wrong. */
export function must(request: Request): Answer {
  const answer = send(request);
  if (request.expected.includes(answer.status)) return answer;
  throw new Error(`${request.method} ${request.path} was answered with ${answer.status} ${answer.body}`);
}

export function read<T>(answer: Answer): T {
  return JSON.parse(answer.body) as T;
}
