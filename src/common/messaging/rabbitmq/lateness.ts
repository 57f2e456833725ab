import { LRUCache } from 'lru-cache';

const MAX_SENDERS = 1000;
/** Milliseconds after which a sender's zero is found anew: clocks drift apart, by seconds a day at worst. */
const WINDOW_MS = 300_000;

interface Zero {
  since: number;
  current: number;
  previous: number;
}

/**
 * How late messages are, by clocks that need not agree: of all messages of a sender the quickest one sets zero.
 * Sees a message that lay in a socket while this process, or the network, stood still.
 */
export class Lateness {
  private readonly zeros = new LRUCache<string, Zero>({ max: MAX_SENDERS });

  /** Milliseconds that the message took longer than the sender's quickest one. */
  of(sender: string, sentAt: number, now: number = performance.now()): number {
    const offset = now - sentAt;
    const zero = this.zeros.get(sender) ?? { since: now, current: Infinity, previous: Infinity };
    if (now - zero.since >= WINDOW_MS) {
      zero.previous = zero.current;
      zero.current = Infinity;
      zero.since = now;
    }
    zero.current = Math.min(zero.current, offset);
    this.zeros.set(sender, zero);
    return offset - Math.min(zero.current, zero.previous);
  }
}
