import type { components } from './api/schema';
import { newKey } from './idempotency';

export type PlaceOrder = components['schemas']['PlaceOrder'];

/** An order that was sent, and of which nobody has heard yet what became of it. */
export interface SentOrder {
  userId: string;
  /** Under which it is sent again, so that it is placed and charged once. */
  key: string;
  body: PlaceOrder;
  sentAt: number;
  /** Whether its buyer was told that no answer came: then it is for them to send it again. */
  told: boolean;
}

const KEY = 'waybill.order';
/** The API knows a key for a day. */
const KNOWN_MS = 20 * 3_600_000;

/** Where the browser keeps nothing. */
let inMemory: string | null = null;

/** This user's, in whichever tab it was sent, and whether or not that tab was loaded anew since. */
export function sentOrder(userId: string): SentOrder | null {
  try {
    const kept = JSON.parse(read() ?? 'null') as SentOrder | null;
    return kept?.userId === userId && Date.now() - kept.sentAt < KNOWN_MS ? kept : null;
  } catch {
    return null;
  }
}

export function newOrder(userId: string, body: PlaceOrder): SentOrder {
  return { userId, key: newKey(), body, sentAt: Date.now(), told: false };
}

export function rememberOrder(order: SentOrder): void {
  write(JSON.stringify(order));
}

export function forgetOrder(): void {
  write(null);
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY) ?? inMemory;
  } catch {
    return inMemory;
  }
}

function write(text: string | null): void {
  inMemory = text;
  try {
    if (text === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, text);
    inMemory = null;
  } catch {
    // Full or forbidden: it lasts as long as the page, then.
  }
}
