import { type IncomingHttpHeaders, request as askPlainly } from 'node:http';
import { request as askOverTls } from 'node:https';

export interface Question {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below the base address: `/api/v1/orders`. */
  path: string;
  token?: string;
  key?: string;
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Undefined when it is no JSON: proxies answer in words of their own. */
  body: unknown;
}

/** There was no whole answer: the request may or may not have taken effect. */
export class NoAnswer extends Error {
  constructor(
    readonly reason: 'timeout' | 'unreachable',
    cause: Error,
  ) {
    super(cause.message || String((cause as NodeJS.ErrnoException).code ?? cause.name), { cause });
  }
}

/**
 * Asks once, over a connection of its own: one that was kept from before could cross with its closing, and the failure
 * would be the probe's. The whole answer must be there within `timeoutMs`, its body included.
 *
 * @throws NoAnswer
 */
export function ask(base: string, question: Question, timeoutMs: number): Promise<Answer> {
  const { method, path, token, key, body } = question;
  const payload = body === undefined ? '' : JSON.stringify(body);
  const headers: Record<string, string | number> = { accept: 'application/json' };
  if (token) headers['authorization'] = `Bearer ${token}`;
  if (key) headers['idempotency-key'] = key;
  if (payload) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = Buffer.byteLength(payload);
  }
  const url = new URL(path, base);
  const send = url.protocol === 'https:' ? askOverTls : askPlainly;
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new NoAnswer(signal.aborted ? 'timeout' : 'unreachable', error));
    const asked = send(url, { method, headers, agent: false, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        const { statusCode = 0, headers: received } = response;
        resolve({ status: statusCode, headers: received, body: parsed(Buffer.concat(chunks).toString()) });
      });
    });
    asked.on('error', fail);
    asked.end(payload);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A member of something that may be anything. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
