import { Client } from 'pg';

/**
 * Asks one database whether it answers, over a connection of its own: behind a busy pool the question would wait
 * its turn, and a process at its limit would look like one without a database.
 */
export class DatabaseProbe {
  private client: Client | null = null;

  constructor(
    private readonly url: string,
    private readonly module: string,
  ) {}

  /** Rejects when there is no answer. An abort gives up the question and its connection. */
  async ask(signal: AbortSignal): Promise<void> {
    const client = this.client ?? (await this.connect());
    const giveUp = () => this.drop(client);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await client.query('SELECT 1');
    } catch {
      this.drop(client);
      // Not pg's words: they name addresses.
      throw new Error('does not answer');
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.end();
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.url,
      connectionTimeoutMillis: 1000,
      application_name: `waybill-${this.module}-ready`,
      keepAlive: true,
    });
    client.on('error', () => this.drop(client));
    try {
      await client.connect();
    } catch {
      this.drop(client);
      throw new Error('cannot be reached');
    }
    this.client = client;
    return client;
  }

  private drop(client: Client): void {
    if (this.client === client) this.client = null;
    // With a question still open this cuts the connection instead of saying goodbye.
    client.end().catch(() => undefined);
  }
}
