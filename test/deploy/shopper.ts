import { DOOR } from './stack.js';

export interface Outcome {
  status: number;
  state: string | undefined;
}

async function send(path: string, body: unknown, token?: string): Promise<Response> {
  return fetch(`${DOOR}/api/v1${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
}

/** A customer of the demo, through the reverse proxy. */
export class Shopper {
  private constructor(private readonly token: string) {}

  static async logIn(): Promise<Shopper> {
    const answer = await send('/users/login', { email: 'alice@waybill.test', password: 'waybill-demo' });
    if (answer.status !== 200) throw new Error(`login: ${answer.status}`);
    return new Shopper(((await answer.json()) as { accessToken: string }).accessToken);
  }

  /** No answer counts as status 0. */
  async order(): Promise<Outcome> {
    try {
      const address = { name: 'A', line1: 'B 1', line2: null, city: 'C', postalCode: '10115', country: 'DE' };
      const answer = await send(
        '/orders',
        {
          items: [{ sku: 'TEE-001', quantity: 1 }],
          payment: { method: 'card', token: 'tok_visa' },
          shippingAddress: address,
        },
        this.token,
      );
      const { status } = (await answer.json()) as { status: unknown };
      return { status: answer.status, state: typeof status === 'string' ? status : undefined };
    } catch {
      return { status: 0, state: undefined };
    }
  }
}
