import { Refused, type Sms, SmsSender, ServerAway } from './sender.js';

const TIMEOUT_MS = 5000;
/** Statuses of 4xx that speak of the moment and not of the message. */
const PASSING = new Set([401, 403, 408, 425, 429]);

/**
 * Hands text messages to whatever sends them, as a POST of `{ id, to, text }` with `id` as Idempotency-Key. Any
 * answer of 2xx means that it has taken over. A user and password in the URL are sent as Basic authorization.
 */
export class WebhookSmsSender extends SmsSender {
  readonly keeps = false;
  private readonly url: URL;
  private readonly headers: Record<string, string> = { 'Content-Type': 'application/json' };

  constructor(url: string) {
    super();
    this.url = new URL(url);
    const { username, password } = this.url;
    if (username || password) {
      const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
      this.headers.Authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
      this.url.username = '';
      this.url.password = '';
    }
  }

  async send(sms: Sms, signal: AbortSignal): Promise<void> {
    const response = await this.post(sms, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
    await response.body?.cancel();
    if (response.ok) return;
    const { status } = response;
    if (status >= 400 && status < 500 && !PASSING.has(status))
      throw new Refused(`the SMS webhook refused it (${status})`);
    throw new Error(`the SMS webhook did not take it (${status})`);
  }

  private async post(sms: Sms, signal: AbortSignal): Promise<Response> {
    try {
      return await fetch(this.url, {
        method: 'POST',
        redirect: 'error',
        headers: { ...this.headers, 'Idempotency-Key': sms.id },
        body: JSON.stringify({ id: sms.id, to: sms.to, text: sms.text }),
        signal,
      });
    } catch {
      throw new ServerAway('the SMS webhook cannot be reached');
    }
  }
}
