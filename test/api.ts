/** What a request came back with. `body` is parsed JSON, or null when there was none. */
export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

export interface RequestOptions {
  /** Who asks: an access token. */
  token?: string;
  key?: string;
  headers?: Record<string, string>;
}

export const DEMO_PASSWORD = 'waybill-demo';
export type DemoUser = 'admin' | 'staff' | 'alice' | 'bob';

/** Talks to a Waybill as a client would: over HTTP. Paths are below /api/v1. */
export class Api {
  private readonly tokens = new Map<string, Promise<string>>();

  constructor(readonly url: string) {}

  get = <T = Record<string, never>>(path: string, options?: RequestOptions) =>
    this.request<T>('GET', path, undefined, options);
  post = <T = Record<string, never>>(path: string, body?: unknown, options?: RequestOptions) =>
    this.request<T>('POST', path, body, options);
  put = <T = Record<string, never>>(path: string, body?: unknown, options?: RequestOptions) =>
    this.request<T>('PUT', path, body, options);
  delete = <T = Record<string, never>>(path: string, options?: RequestOptions) =>
    this.request<T>('DELETE', path, undefined, options);

  /** An access token of a demo user, logged in once. */
  token(user: DemoUser): Promise<string> {
    const known = this.tokens.get(user);
    if (known) return known;
    const token = this.login(`${user}@waybill.test`, DEMO_PASSWORD);
    this.tokens.set(user, token);
    return token;
  }

  async login(email: string, password: string): Promise<string> {
    const { status, body } = await this.post<{ accessToken: string }>('/users/login', { email, password });
    if (status !== 200) throw new Error(`login of ${email} answered ${status} ${JSON.stringify(body)}`);
    return body.accessToken;
  }

  async request<T>(
    method: string,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<Answer<T>> {
    const headers: Record<string, string> = { ...options.headers };
    if (options.token) headers['authorization'] = `Bearer ${options.token}`;
    if (options.key) headers['idempotency-key'] = options.key;
    if (body !== undefined) headers['content-type'] ??= 'application/json';
    const response = await fetch(this.url + (path.startsWith('/api') ? path : `/api/v1${path}`), {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text ? JSON.parse(text) : null) as T,
    };
  }
}
