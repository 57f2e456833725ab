import type { Credentials } from './credentials.js';
import { Failure } from './failures.js';

/** Milliseconds; the server answers within some five seconds, whatever is asked. */
const PATIENCE_MS = 30_000;

interface Problem {
  code?: string;
  detail?: string;
}
interface Answer {
  status: number;
  body: unknown;
}
interface Session {
  accessToken: string;
  /** None with a token from outside. */
  refreshToken?: string;
}

/** Talks to a Waybill's API as an administrator. Every method throws Failure with what to do. */
export class Client {
  private session: Session | null = null;

  constructor(
    private readonly url: string,
    private readonly credentials: Credentials | { token: string },
  ) {}

  get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
    const search = new URLSearchParams(query).toString();
    return this.ask<T>('GET', search === '' ? path : `${path}?${search}`);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.ask<T>('POST', path, body);
  }

  /** Ends the session that was begun, as well as that is possible. */
  async leave(): Promise<void> {
    const refreshToken = this.session?.refreshToken;
    if (refreshToken) await this.send('POST', '/users/logout', { refreshToken }).catch(() => undefined);
  }

  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    this.session ??= await this.logIn();
    let answer = await this.send(method, path, body, this.session.accessToken);
    if (problemIn(answer).code === 'AUTH.TOKEN_EXPIRED' && 'email' in this.credentials) {
      this.session = await this.logIn();
      answer = await this.send(method, path, body, this.session.accessToken);
    }
    if (answer.status >= 400) throw this.failure(answer);
    return answer.body as T;
  }

  private async logIn(): Promise<Session> {
    if ('token' in this.credentials) return { accessToken: this.credentials.token };
    const answer = await this.send('POST', '/users/login', this.credentials);
    if (answer.status === 200) return answer.body as Session;
    const { code, detail } = problemIn(answer);
    const who = `${this.credentials.email} could not log in at ${this.url}`;
    if (code === 'REQUEST.NOT_FOUND')
      throw new Failure(
        `${who}: no users are hosted there. Use the address of the proxy, or set WAYBILL_TOKEN.`,
      );
    throw new Failure(`${who}: ${detail}. Set WAYBILL_EMAIL and WAYBILL_PASSWORD of an administrator.`, code);
  }

  private failure(answer: Answer): Failure {
    const { code, detail = `${this.url} answered ${answer.status}` } = problemIn(answer);
    if (code === 'AUTH.FORBIDDEN')
      return new Failure(`${detail}: set WAYBILL_EMAIL and WAYBILL_PASSWORD of an administrator.`, code);
    if (code?.startsWith('AUTH.')) return new Failure(`The token is refused: ${detail}`, code);
    if (code === 'EVENT.MODULE_NOT_HOSTED')
      return new Failure(`${detail}. Use the address of the proxy, or of a process that hosts it.`, code);
    if (code?.startsWith('SERVICE.') || answer.status >= 502)
      return new Failure(`${detail}. Try again in a moment.`, code);
    return new Failure(detail, code);
  }

  private async send(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
    const headers: Record<string, string> = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const request: RequestInit = {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    let text: string;
    let status: number;
    try {
      const response = await fetch(`${this.url}/api/v1${path}`, request);
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw new Failure(this.whyNot(error));
    }
    return { status, body: this.parse(text, status) };
  }

  private parse(text: string, status: number): unknown {
    try {
      return text === '' ? null : JSON.parse(text);
    } catch {
      throw new Failure(`${this.url} is no Waybill: it answers ${status} with something else than JSON.`);
    }
  }

  private whyNot(error: unknown): string {
    const { name, cause } = error as Error & { cause?: { code?: string; message?: string } };
    if (name === 'TimeoutError') return `${this.url} did not answer within ${PATIENCE_MS / 1000} s.`;
    if (cause?.code === 'ECONNREFUSED')
      return `Nothing listens at ${this.url}: start Waybill (npm start), or say where it is with --url.`;
    if (cause?.code === 'ENOTFOUND' || cause?.code === 'EAI_AGAIN')
      return `There is no host ${new URL(this.url).hostname}: correct --url.`;
    return `${this.url} cannot be reached: ${cause?.message ?? String(error)}`;
  }
}

function problemIn({ status, body }: Answer): Problem {
  if (status < 400 || typeof body !== 'object' || body === null) return {};
  const { code, detail } = body as Record<string, unknown>;
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof detail === 'string' ? { detail: detail.replace(/\.$/, '') } : {}),
  };
}
