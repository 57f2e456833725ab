import { createGateway, type Gateway } from '../src/mock-gateway/server.js';

export interface LedgerEntry {
  seq: number;
  kind: 'capture' | 'decline' | 'refund' | 'void';
  key: string;
  reference: string | null;
  amount: number;
}

/** The real mock gateway with its ledger on disk; it can go down and come back at the same address. */
export class TestGateway {
  private constructor(
    private readonly ledgerPath: string,
    private readonly port: number,
    private gateway: Gateway | null,
  ) {}

  static async start(ledgerPath: string): Promise<TestGateway> {
    const gateway = await createGateway({ ledgerPath });
    return new TestGateway(ledgerPath, await gateway.listen(0), gateway);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async down(): Promise<void> {
    await this.gateway?.close(0);
    this.gateway = null;
  }

  async up(): Promise<void> {
    if (this.gateway) return;
    this.gateway = await createGateway({ ledgerPath: this.ledgerPath });
    await this.gateway.listen(this.port);
  }

  async fault(fault: Record<string, unknown>): Promise<void> {
    const answer = await fetch(`${this.url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    if (!answer.ok) throw new Error(`the gateway refused the fault: ${await answer.text()}`);
  }

  async heal(): Promise<void> {
    await fetch(`${this.url}/faults`, { method: 'DELETE' });
  }

  /** The entries of an order's payments and their refunds. */
  async ledgerOf(orderId: string): Promise<LedgerEntry[]> {
    return (await this.entries()).filter(
      ({ key, reference }) => key.includes(orderId) || reference === orderId,
    );
  }

  /** The entries of one charge and its refunds. */
  async entriesUnder(chargeKey: string): Promise<LedgerEntry[]> {
    return (await this.entries()).filter(({ key }) => key === chargeKey);
  }

  /** What the gateway keeps of an order's money, in minor units. */
  async keptOf(orderId: string): Promise<number> {
    return kept(await this.ledgerOf(orderId));
  }

  /** What the gateway keeps of one charge, in minor units. */
  async keptUnder(chargeKey: string): Promise<number> {
    return kept(await this.entriesUnder(chargeKey));
  }

  private async entries(): Promise<LedgerEntry[]> {
    const answer = await fetch(`${this.url}/ledger`);
    return ((await answer.json()) as { entries: LedgerEntry[] }).entries;
  }
}

function kept(entries: readonly LedgerEntry[]): number {
  const signs = { capture: 1, refund: -1, decline: 0, void: 0 };
  return entries.reduce((sum, { kind, amount }) => sum + signs[kind] * amount, 0);
}
