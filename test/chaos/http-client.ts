import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface Question {
  method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  /** From the root: `/api/v1/orders`. */
  path: string;
  token?: string;
  key?: string;
  body?: unknown;
}

/** The connection broke before an answer was there: the request may or may not have taken effect. */
export class NoAnswer extends Error {}

/**
 * A client that keeps its connections, as many as it has requests in flight, and never repeats a request by
 * itself: each lost answer is seen.
 */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  constructor(readonly url: string) {}

  /** Resolves with the whole answer. `onSent` is called when the request has left this process. */
  send({ method, path, token, key, body }: Question, onSent?: () => void): Promise<Reply> {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const headers: Record<string, string | number> = {};
    if (token) headers['authorization'] = `Bearer ${token}`;
    if (key) headers['idempotency-key'] = key;
    if (payload) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(payload);
    }
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(new NoAnswer(error.message, { cause: error }));
      const asked = request(this.url + path, { method, headers, agent: this.agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const parsed = (text ? JSON.parse(text) : {}) as Record<string, unknown>;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed });
        });
      });
      asked.on('error', fail);
      if (onSent) asked.on('finish', onSent);
      asked.end(payload);
    });
  }

  /** The access token of a user, for as long as ACCESS_TOKEN_SECONDS says. */
  async login(email: string, password = 'waybill-demo'): Promise<string> {
    const body = { email, password };
    const answer = await this.send({ method: 'POST', path: '/api/v1/users/login', body });
    if (answer.status !== 200) throw new Error(`The login of ${email} was answered with ${answer.status}`);
    return String(answer.body['accessToken']);
  }

  close(): void {
    this.agent.destroy();
  }
}
