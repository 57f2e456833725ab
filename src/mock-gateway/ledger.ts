import { Journal } from './journal.js';
import { lockLedger } from './ledger-lock.js';

/** One line of the ledger file. Amounts are integers in minor units. */
export interface LedgerEntry {
  readonly at: string;
  readonly kind: 'capture' | 'decline' | 'refund' | 'void';
  /** The idempotency key of the charge. */
  readonly key: string;
  readonly reference: string | null;
  /** Null for a `void` entry: it forbids a charge that never was. */
  readonly chargeId: string | null;
  readonly amount: number;
  readonly currency: string | null;
  /** Of a decline. */
  readonly reason?: string;
  readonly refundId?: string;
  /** Absent from a refund that came of voiding the charge. */
  readonly refundKey?: string;
  /** Tells the same request from another one under the same key; never leaves the file. */
  readonly requestHash?: string;
}

/** What is known under a charge's idempotency key. */
export interface Charge {
  /** Null: nothing was ever charged, and a void forbids that anything will be. */
  readonly id: string | null;
  readonly amount: number;
  readonly currency: string | null;
  readonly reference: string | null;
  readonly createdAt: string;
  readonly requestHash: string | null;
  /** Why it was declined; null when it was not. */
  readonly declineReason: string | null;
  refunded: number;
  /** Nothing is to be kept under this key, whatever happened before. */
  voided: boolean;
}

export interface Refund {
  readonly id: string;
  readonly chargeKey: string;
  readonly chargeId: string;
  readonly amount: number;
  readonly createdAt: string;
}

export type PublicEntry = LedgerEntry & { readonly seq: number; readonly requestHash?: undefined };

/** The gateway's memory: every entry on disk, and what follows from them in memory. */
export class Ledger {
  private constructor(
    private readonly accounts: Accounts,
    private readonly journal: Journal,
    private readonly unlock: () => Promise<void>,
  ) {}

  /** Fails when the file is damaged or another gateway writes it. */
  static async open(path: string): Promise<Ledger> {
    const unlock = await lockLedger(path);
    try {
      const accounts = new Accounts();
      const journal = await Journal.open(path, (line) => accounts.apply(JSON.parse(line) as LedgerEntry));
      return new Ledger(accounts, journal, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  charge(key: string): Charge | undefined {
    return this.accounts.charges.get(key);
  }

  refund(key: string): Refund | undefined {
    return this.accounts.refunds.get(key);
  }

  get lastSeq(): number {
    return this.journal.count;
  }

  get writable(): boolean {
    return this.journal.writable;
  }

  /** Resolves when the entry is on disk and counts. The caller keeps two writers of one key apart. */
  async record(entry: LedgerEntry): Promise<void> {
    await this.journal.append(JSON.stringify(entry));
    this.accounts.apply(entry);
  }

  /** Entries `after + 1` to `after + limit`, some at a time. */
  async *entries(after: number, limit: number): AsyncGenerator<PublicEntry[]> {
    for await (const lines of this.journal.read(after, limit)) {
      yield lines.map(({ number, line }) => ({
        seq: number,
        ...(JSON.parse(line) as LedgerEntry),
        requestHash: undefined,
      }));
    }
  }

  async close(): Promise<void> {
    await this.journal.close();
    await this.unlock();
  }
}

class Accounts {
  readonly charges = new Map<string, Charge>();
  readonly refunds = new Map<string, Refund>();

  apply(entry: LedgerEntry): void {
    if (entry.kind === 'refund') return this.applyRefund(entry);
    if (this.charges.has(entry.key)) throw new Error(`The key ${entry.key} has two charges.`);
    this.charges.set(entry.key, {
      id: entry.chargeId,
      amount: entry.amount,
      currency: entry.currency,
      reference: entry.reference,
      createdAt: entry.at,
      requestHash: entry.requestHash ?? null,
      declineReason: entry.reason ?? null,
      refunded: 0,
      voided: entry.kind === 'void',
    });
  }

  private applyRefund(entry: LedgerEntry): void {
    const charge = this.charges.get(entry.key);
    if (!charge?.id || !entry.refundId) throw new Error(`A refund of ${entry.key} has no charge or no id.`);
    charge.refunded += entry.amount;
    if (entry.refundKey === undefined) {
      charge.voided = true;
      return;
    }
    this.refunds.set(entry.refundKey, {
      id: entry.refundId,
      chargeKey: entry.key,
      chargeId: charge.id,
      amount: entry.amount,
      createdAt: entry.at,
    });
  }
}
