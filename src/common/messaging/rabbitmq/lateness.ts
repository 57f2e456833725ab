import { LRUCache } from 'lru-cache';

const MAX_SENDERS = 1000;
/**
 * Milliseconds after which a sender's zero is found anew. Clocks drift apart; and one that stood still for a while,
 * as in a virtual machine that was paused, makes all its sender's messages look late for up to two of these.
 */
const WINDOW_MS = 10_000;
/** Milliseconds of silence after which a sender's zero is of no use: clocks have drifted too far. */
const FORGET_MS = 3_600_000;

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
    let zero = this.zeros.get(sender);
    if (!zero || now - zero.since > FORGET_MS) zero = { since: now, current: Infinity, previous: Infinity };
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
