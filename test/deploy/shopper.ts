import { ask, type Answer, field, NoAnswer } from '../../deploy/chaos/http.js';
import { DOOR } from './stack.js';

const LIMIT_MS = 10_000;

export interface Outcome {
  status: number;
  state: string | undefined;
}

function post(path: string, body: unknown, token?: string): Promise<Answer> {
  return ask(
    DOOR,
    { method: 'POST', path: `/api/v1${path}`, body, ...(token !== undefined && { token }) },
    LIMIT_MS,
  );
}

/** A customer of the demo, through the reverse proxy. */
export class Shopper {
  private constructor(private readonly token: string) {}

  static async logIn(): Promise<Shopper> {
    const answer = await post('/users/login', { email: 'alice@waybill.test', password: 'waybill-demo' });
    if (answer.status !== 200) throw new Error(`login: ${answer.status}`);
    return new Shopper(String(field(answer.body, 'accessToken')));
  }

  /** No answer counts as status 0. */
  async order(): Promise<Outcome> {
    const order = {
      items: [{ sku: 'TEE-001', quantity: 1 }],
      payment: { method: 'card', token: 'tok_visa' },
      shippingAddress: {
        name: 'A',
        line1: 'B 1',
        line2: null,
        city: 'C',
        postalCode: '10115',
        country: 'DE',
      },
    };
    try {
      const { status, body } = await post('/orders', order, this.token);
      const state = field(body, 'status');
      return { status, state: typeof state === 'string' ? state : undefined };
    } catch (error) {
      if (error instanceof NoAnswer) return { status: 0, state: undefined };
      throw error;
    }
  }
}
