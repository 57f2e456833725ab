import { hash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, chargeView, leftOf, refundView, refuse } from './answers.js';
import { KeyLocks } from './key-locks.js';
import type { Charge, Ledger } from './ledger.js';
import { behaviourOf, cardDeclined, declineMessage } from './tokens.js';

export interface ChargeRequest {
  /** Minor units, more than 0. */
  readonly amount: number;
  readonly currency: string;
  readonly token: string;
  readonly reference: string | null;
}

/** What the world does to a request that is otherwise in order. */
export interface Circumstances {
  /** How long the work is under way before anything is decided. */
  readonly delayMs: number;
  /** The issuer says no. */
  readonly decline: boolean;
}

/** The gateway's rules. Every answer that tells of money was on disk before. */
export class Charges {
  private readonly chargeLocks = new KeyLocks();
  private readonly refundLocks = new KeyLocks();
  /** Keys whose first charge has not been answered yet. */
  private readonly inFlight = new Set<string>();

  constructor(private readonly ledger: Ledger) {}

  /** Captures or declines, once per key. The key is free again when this throws or answers a 5xx. */
  async charge(key: string, request: ChargeRequest, circumstances: Circumstances): Promise<Answer> {
    const requestHash = fingerprint(request);
    if (this.ledger.charge(key) !== undefined) {
      await delay(circumstances.delayMs);
      return this.chargeLocks.run(key, async () => this.replay(key, requestHash));
    }
    if (this.inFlight.has(key))
      return refuse(409, 'in_flight', 'A charge with this key is under way: ask again soon.');
    this.inFlight.add(key);
    try {
      return await this.chargeLocks.run(key, () => this.chargeOnce(key, request, requestHash, circumstances));
    } finally {
      this.inFlight.delete(key);
    }
  }

  /** What became of a key; waits for a charge under way, since "not found" would not be true for long. */
  lookup(key: string): Promise<Answer> {
    return this.chargeLocks.run(key, async () => {
      const charge = this.ledger.charge(key);
      return charge === undefined ? notFound(key) : ok(key, charge);
    });
  }

  /** Sees to it that no money is kept under the key, now and later. Idempotent. */
  void(key: string, { decline }: Pick<Circumstances, 'decline'>): Promise<Answer> {
    return this.chargeLocks.run(key, async () => {
      const charge = this.ledger.charge(key);
      if (charge === undefined) {
        const nothing = { reference: null, chargeId: null, amount: 0, currency: null };
        await this.ledger.record({ at: now(), kind: 'void', key, ...nothing });
        return ok(key, this.ledger.charge(key));
      }
      const left = leftOf(charge);
      if (left === 0) return ok(key, charge);
      if (decline) return refundDeclined();
      await this.payBack(key, charge, left);
      return ok(key, charge);
    });
  }

  /** Pays back a part or all, once per refund key. */
  refund(
    chargeKey: string,
    refundKey: string,
    amount: number,
    { decline }: Pick<Circumstances, 'decline'>,
  ): Promise<Answer> {
    // Always the refund's lock before the charge's: two orders of locking could wait for each other for ever.
    return this.refundLocks.run(refundKey, () =>
      this.chargeLocks.run(chargeKey, async () => {
        const earlier = this.ledger.refund(refundKey);
        if (earlier !== undefined) {
          const same = earlier.chargeKey === chargeKey && earlier.amount === amount;
          return same ? { status: 201, body: refundView(refundKey, earlier) } : keyReused('refund');
        }
        const charge = this.ledger.charge(chargeKey);
        if (charge === undefined) return notFound(chargeKey);
        const left = leftOf(charge);
        if (amount > left)
          return refuse(422, 'over_refund', `The refund of ${amount} is over the ${left} left.`);
        if (decline) return refundDeclined();
        await this.payBack(chargeKey, charge, amount, refundKey);
        return this.findRefund(refundKey, 201);
      }),
    );
  }

  lookupRefund(refundKey: string): Promise<Answer> {
    return this.refundLocks.run(refundKey, async () => this.findRefund(refundKey, 200));
  }

  private async chargeOnce(
    key: string,
    request: ChargeRequest,
    requestHash: string,
    { delayMs, decline }: Circumstances,
  ): Promise<Answer> {
    await delay(delayMs);
    // A void may have held the key's lock before us.
    if (this.ledger.charge(key) !== undefined) return this.replay(key, requestHash);
    const behaviour = decline ? cardDeclined : behaviourOf(request.token);
    if (behaviour.kind === 'error')
      return refuse(503, 'gateway_error', 'The gateway failed; nothing was charged.');
    const { amount, currency, reference } = request;
    const entry = {
      at: now(),
      key,
      reference,
      chargeId: `ch_${randomUUID()}`,
      amount,
      currency,
      requestHash,
    };
    if (behaviour.kind === 'decline') {
      await this.ledger.record({ ...entry, kind: 'decline', reason: behaviour.reason });
      return this.replay(key, requestHash);
    }
    await delay(behaviour.delayMs);
    await this.ledger.record({ ...entry, kind: 'capture' });
    return { ...this.replay(key, requestHash), withheld: behaviour.withheld };
  }

  /** The first answer again; but once voided, never again one that speaks of captured money. */
  private replay(key: string, requestHash: string): Answer {
    const charge = this.ledger.charge(key);
    if (charge === undefined) throw new Error(`No charge to answer for ${key}.`);
    if (charge.requestHash !== null && charge.requestHash !== requestHash) return keyReused('charge');
    if (charge.voided) {
      return refuse(409, 'voided', 'This key was voided: charge with a new one.', {
        charge: chargeView(key, charge),
      });
    }
    if (charge.declineReason !== null) {
      const message = declineMessage(charge.declineReason);
      return refuse(402, charge.declineReason, message, { charge: chargeView(key, charge) });
    }
    return { status: 201, body: chargeView(key, { ...charge, refunded: 0 }) };
  }

  private payBack(key: string, charge: Charge, amount: number, refundKey?: string): Promise<void> {
    const { reference, id: chargeId, currency } = charge;
    const refund = { refundId: `re_${randomUUID()}`, ...(refundKey === undefined ? {} : { refundKey }) };
    return this.ledger.record({
      at: now(),
      kind: 'refund',
      key,
      reference,
      chargeId,
      amount,
      currency,
      ...refund,
    });
  }

  private findRefund(refundKey: string, status: 200 | 201): Answer {
    const refund = this.ledger.refund(refundKey);
    if (refund === undefined) return notFound(refundKey);
    return { status, body: refundView(refundKey, refund) };
  }
}

function ok(key: string, charge: Charge | undefined): Answer {
  if (charge === undefined) throw new Error(`No charge to answer for ${key}.`);
  return { status: 200, body: chargeView(key, charge) };
}

const notFound = (key: string) => refuse(404, 'not_found', `Nothing is known under the key ${key}.`);
const keyReused = (what: string) =>
  refuse(422, 'key_reused', `This key belongs to another ${what}: use a new one.`);
const refundDeclined = () =>
  refuse(402, 'refund_declined', 'The refund was declined; nothing was paid back.');
const now = () => new Date().toISOString();

/** The token is part of it, so it is hashed: no token reaches the disk. */
function fingerprint({ amount, currency, token, reference }: ChargeRequest): string {
  return hash('sha256', JSON.stringify([amount, currency, token, reference]), 'base64url');
}

async function delay(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { ref: false });
}
