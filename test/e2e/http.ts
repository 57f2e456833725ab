import { connect } from 'node:net';
import type { RequestOptions } from '../api.js';

/** An answer as it came, not parsed. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
}

export interface Send extends RequestOptions {
  /** Sent as it is when it is a string or bytes, else as JSON. */
  body?: unknown;
}

/** Sends one request and follows no redirect. `path` is the whole path. */
export async function send(
  url: string,
  method: string,
  path: string,
  { token, key, headers = {}, body }: Send = {},
): Promise<RawAnswer> {
  const all: Record<string, string> = { ...headers };
  if (token) all['authorization'] = `Bearer ${token}`;
  if (key) all['idempotency-key'] = key;
  if (body !== undefined) all['content-type'] ??= 'application/json';
  const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const answer = await fetch(url + path, {
    method,
    headers: all,
    redirect: 'manual',
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** Writes bytes to a connection of its own and reads until it is closed: for what no client would send. */
export function sendBytes(url: string, bytes: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes, 'latin1'));
    socket.setTimeout(20_000, () => socket.destroy(new Error('no answer in 20 s')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(parse(Buffer.concat(chunks).toString('latin1'))));
  });
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(first.split(' ')[1]), headers, text: text.slice(end + 4) };
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  traceId: string | null;
  errors?: { path: string; message: string }[];
}

/** What must never be in an answer: a stack, SQL, a path of the server, an address, a secret. */
const LEAKS = [
  /\bat (?:async )?[\w.<>]+ \(|node_modules|\/src\/|\.[jt]s:\d+/,
  /\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.*\b(?:FROM|VALUES|SET|WHERE)\b|QueryFailedError|violates .* constraint/,
  /127\.0\.0\.1|localhost|ECONN|postgres(?:ql)?:|waybill_\w+/,
  /password_hash|\$argon2|private_jwk|tok_\w+/,
];

/** Status and code of a refusal: `409 INVENTORY.OUT_OF_STOCK`. */
export function refusal(answer: RawAnswer): string {
  return `${answer.status} ${problemIn(answer).code}`;
}

/** What a request that must succeed was answered. */
export async function accepted<T = { id: string }>(answer: Promise<RawAnswer>): Promise<T> {
  const { status, text } = await answer;
  if (status >= 300) throw new Error(`it was refused: ${status} ${text}`);
  return JSON.parse(text || 'null') as T;
}

/** The problem in an answer. Throws when it is none, or tells more than it should. */
export function problemIn({ status, headers, text }: RawAnswer): Problem {
  const type = headers.get('content-type') ?? '';
  if (!/^application\/problem\+json\b/.test(type))
    throw new Error(`${status} is no problem+json but ${type}: ${text.slice(0, 300)}`);
  const problem = JSON.parse(text) as Problem;
  if (problem.status !== status) throw new Error(`the problem says ${problem.status}, the answer ${status}`);
  if (!/^[A-Z]+\.[A-Z_]+$/.test(problem.code)) throw new Error(`no code: ${text}`);
  if (!problem.title || !problem.detail) throw new Error(`it does not say what is wrong: ${text}`);
  const leak = LEAKS.find((each) => each.test(text));
  if (leak) throw new Error(`an answer must not hold ${leak}: ${text}`);
  return problem;
}
