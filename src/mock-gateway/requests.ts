import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { Refusal } from './answers.js';
import type { ChargeRequest } from './charges.js';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_PAGE = 1_000_000;
const keyPattern = /^[\x21-\x7e]{1,200}$/;
const currencyPattern = /^[A-Z]{3}$/;

/** Reads and parses a JSON body of at most 64 KiB. */
export function readJson(request: IncomingMessage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else reject(new Refusal(413, 'too_large', `The body is over ${MAX_BODY_BYTES} bytes.`));
    });
    request.on('end', () => {
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      } catch {
        reject(new Refusal(400, 'invalid_json', 'The body is not JSON.'));
      }
    });
    request.on('error', reject);
  });
}

export function idempotencyKeyOf(request: IncomingMessage): string {
  const key = request.headers['idempotency-key'];
  if (key === undefined) throw new Refusal(400, 'key_required', 'The header Idempotency-Key is missing.');
  return checkedKey(key);
}

/** A key as it stands in a path. */
export function keyFromPath(segment: string): string {
  try {
    return checkedKey(decodeURIComponent(segment));
  } catch (error) {
    if (error instanceof URIError)
      throw new Refusal(400, 'invalid_key', 'The key in the path is badly encoded.');
    throw error;
  }
}

function checkedKey(key: string | string[]): string {
  if (typeof key === 'string' && keyPattern.test(key)) return key;
  throw new Refusal(400, 'invalid_key', 'A key has 1 to 200 visible ASCII characters and no space.');
}

/** Checked by hand: this is the hot path. Fields it does not know are ignored, as providers do. */
export function chargeRequestOf(body: unknown): ChargeRequest {
  const { amount, currency, token, reference = null } = fieldsOf(body);
  if (typeof currency !== 'string' || !currencyPattern.test(currency)) {
    throw invalid('currency must be an ISO 4217 code such as EUR.');
  }
  if (!isShortText(token) || token === '') throw invalid('token must be a text of 1 to 200 characters.');
  if (reference !== null && !isShortText(reference))
    throw invalid('reference must be a text of up to 200 characters.');
  return { amount: checkedAmount(amount), currency, token, reference };
}

export function refundAmountOf(body: unknown): number {
  return checkedAmount(fieldsOf(body)['amount']);
}

const pageSchema = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).optional(),
});

/** Which part of the ledger is asked for; no limit means all of it. */
export function ledgerPageOf(query: string): { after: number; limit: number } {
  const { success, data } = pageSchema.safeParse(Object.fromEntries(new URLSearchParams(query)));
  if (!success) throw invalid(`after must be 0 or more, limit 1 to ${MAX_PAGE}.`);
  return { after: data.after, limit: data.limit ?? Infinity };
}

function fieldsOf(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('The body must be an object.');
  return body as Record<string, unknown>;
}

function checkedAmount(amount: unknown): number {
  if (Number.isSafeInteger(amount) && (amount as number) > 0) return amount as number;
  throw invalid('amount must be an integer in minor units, more than 0.');
}

const isShortText = (value: unknown): value is string => typeof value === 'string' && value.length <= 200;
const invalid = (message: string) => new Refusal(400, 'invalid_request', message);
