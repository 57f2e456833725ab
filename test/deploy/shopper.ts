import { randomUUID } from 'node:crypto';
import { ask, type Answer, field, NoAnswer, type Question } from '../../deploy/chaos/http.js';
import { DOOR } from './stack.js';

const LIMIT_MS = 10_000;

export interface Outcome {
  status: number;
  state: string | undefined;
}

function post(
  path: string,
  body: unknown,
  credentials: Pick<Question, 'token' | 'key'> = {},
): Promise<Answer> {
  return ask(DOOR, { method: 'POST', path: `/api/v1${path}`, body, ...credentials }, LIMIT_MS);
}

async function tokenOf(name: string): Promise<string> {
  const answer = await post('/users/login', { email: `${name}@waybill.test`, password: 'waybill-demo' });
  if (answer.status !== 200) throw new Error(`login: ${answer.status}`);
  return String(field(answer.body, 'accessToken'));
}

/** The demo has too few for all orders of a run. */
export async function fillShelves(): Promise<void> {
  const more = { sku: 'TEE-001', warehouse: 'main', delta: 100_000, reason: 'a long run' };
  const { status } = await post('/inventory/adjust', more, {
    token: await tokenOf('staff'),
    key: randomUUID(),
  });
  if (status !== 200 && status !== 201) throw new Error(`adjust: ${status}`);
}

/** A customer of the demo, through the reverse proxy. */
export class Shopper {
  private constructor(private readonly token: string) {}

  static async logIn(): Promise<Shopper> {
    return new Shopper(await tokenOf('alice'));
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
      const { status, body } = await post('/orders', order, { token: this.token });
      const state = field(body, 'status');
      return { status, state: typeof state === 'string' ? state : undefined };
    } catch (error) {
      if (error instanceof NoAnswer) return { status: 0, state: undefined };
      throw error;
    }
  }
}
