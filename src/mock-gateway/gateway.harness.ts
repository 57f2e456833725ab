import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PublicEntry } from './ledger.js';
import { createGateway, type Gateway } from './server.js';

export interface Heard {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A body for a charge of 49.90 EUR. */
export const order = (token = 'tok_visa', amount = 4_990) => ({
  amount,
  currency: 'EUR',
  token,
  reference: 'order-1',
});

/** A gateway on a ledger and a port of its own, and a client that speaks to it. For tests. */
export class GatewayHarness {
  /** Decides about faults; 0 lets every one strike. */
  dice: () => number = () => 0;
  base = '';
  private gateway: Gateway | null = null;

  private constructor(readonly folder: string) {}

  static async start(): Promise<GatewayHarness> {
    const harness = new GatewayHarness(await mkdtemp(join(tmpdir(), 'gateway-')));
    await harness.open();
    return harness;
  }

  async stop(): Promise<void> {
    await this.gateway?.close(0);
    await rm(this.folder, { recursive: true });
  }

  async restart(): Promise<void> {
    await this.gateway?.close(0);
    await this.open();
  }

  get ledgerPath(): string {
    return join(this.folder, 'ledger.jsonl');
  }

  readonly charge = (key: string, body: unknown = order()) => this.call('POST', '/v1/charges', body, key);
  readonly lookup = (key: string) => this.call('GET', `/v1/charges/${key}`);
  readonly voidCharge = (key: string) => this.call('POST', `/v1/charges/${key}/void`);
  readonly refund = (key: string, refundKey: string, amount: number) =>
    this.call('POST', `/v1/charges/${key}/refunds`, { amount }, refundKey);
  readonly addFault = (fault: object) => this.call('POST', '/faults', fault);
  readonly ledger = async () => (await this.call('GET', '/ledger')).body['entries'] as PublicEntry[];
  readonly kinds = async () => (await this.ledger()).map(({ kind, key, amount }) => [kind, key, amount]);

  readonly call = async (method: string, path: string, body?: unknown, key?: string): Promise<Heard> => {
    const response = await this.send(method, path, body, key);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  /** Expects a request to get no answer: gives it up once `workDone` passes. */
  readonly unanswered = async (
    [method, path, body, key]: [string, string, unknown?, string?],
    workDone: () => Promise<void>,
  ): Promise<void> => {
    const client = new AbortController();
    let answered = false;
    const request = this.send(method, path, body, key, client.signal).then(
      () => (answered = true),
      () => undefined,
    );
    await eventually(workDone);
    client.abort();
    await request;
    if (answered) throw new Error(`${method} ${path} was answered.`);
  };

  private send(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
    signal?: AbortSignal,
  ): Promise<Response> {
    return fetch(this.base + path, {
      method,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: key === undefined ? {} : { 'Idempotency-Key': key },
      signal: signal ?? null,
    });
  }

  private async open(): Promise<void> {
    this.gateway = await createGateway({ ledgerPath: this.ledgerPath, random: () => this.dice() });
    this.base = `http://127.0.0.1:${await this.gateway.listen(0)}`;
  }
}

/** Tries until `check` passes; after 10 s its last failure is the test's. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await new Promise((next) => setTimeout(next, 20));
    }
  }
}
