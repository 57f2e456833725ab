import { randomUUID } from 'node:crypto';
import { type Answer, ask, field, NoAnswer, type Question } from './http.js';
import { judge, type Judgement, type Money, type Ware } from './verdict.js';

/** What is shown to whoever unpacks it. */
const ADDRESS = {
  name: 'Chaos Probe',
  line1: 'Teststraße 1',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

/** Before the first kill nothing is broken: asked a few times, answered in peace. */
const QUIET_TIMEOUT_MS = 10_000;

export interface ShopperOptions {
  url: string;
  /** Of one probe order. */
  timeoutMs: number;
  /** What to order; else the active product with most stock. */
  sku?: string;
}

/** A customer who orders one thing at a time and knows what the answer must be. */
export class Shopper {
  /** Orders that were answered, with the key that each belongs to. */
  private readonly keys = new Map<string, string>();
  private token = '';
  private renewAt = 0;
  private renewal: Promise<void> | null = null;

  private constructor(
    private readonly options: ShopperOptions,
    private readonly email: string,
    private readonly password: string,
    readonly userId: string,
    readonly ware: Ware,
  ) {}

  /** Registers a customer, logs in and looks for something to order. @throws when that is not possible */
  static async enter(options: ShopperOptions): Promise<Shopper> {
    const email = `chaos-${randomUUID()}@waybill.test`;
    const password = randomUUID();
    const body = { email, password, name: 'Chaos Probe' };
    const question = { method: 'POST', path: '/api/v1/users/register', body } as const;
    const user = expectStatus(await ask(options.url, question, QUIET_TIMEOUT_MS), 201, 'The registration');
    const ware = await findWare(options);
    const shopper = new Shopper(options, email, password, String(field(user, 'id')), ware);
    await shopper.logIn(QUIET_TIMEOUT_MS);
    return shopper;
  }

  /** Asks as this customer. @throws NoAnswer */
  ask(question: Question, timeoutMs = this.options.timeoutMs): Promise<Answer> {
    this.renewInTime();
    return ask(this.options.url, { ...question, token: this.token }, timeoutMs);
  }

  /** Orders one thing under a key. Never throws: whatever happens is a verdict. The same key orders it only once. */
  async order(key: string): Promise<Judgement> {
    const body = {
      items: [{ sku: this.ware.sku, quantity: 1 }],
      payment: { method: 'card', token: 'tok_visa' },
      shippingAddress: ADDRESS,
    };
    try {
      const answer = await this.ask({ method: 'POST', path: '/api/v1/orders', key, body });
      return this.notSeenBefore(key, judge(answer, this.ware, this.userId));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      return { verdict: error.reason, orderId: null, why: error.message };
    }
  }

  /** Another key must not be answered with the same order. */
  private notSeenBefore(key: string, judgement: Judgement): Judgement {
    const { orderId } = judgement;
    if (orderId === null) return judgement;
    const owner = this.keys.get(orderId) ?? key;
    this.keys.set(orderId, owner);
    if (owner === key) return judgement;
    return { verdict: 'wrong', orderId, why: `the order of another key, ${orderId}` };
  }

  /**
   * By a new login, in the background, when half the token's life is over: a refresh whose answer is lost would end the
   * session. While users are down, the old token goes on for as long as it lives.
   */
  private renewInTime(): void {
    if (Date.now() < this.renewAt || this.renewal) return;
    this.renewal = this.logIn(this.options.timeoutMs)
      .catch(() => {
        this.renewAt = Date.now() + 2000;
      })
      .finally(() => {
        this.renewal = null;
      });
  }

  private async logIn(timeoutMs: number): Promise<void> {
    const body = { email: this.email, password: this.password };
    const answer = await ask(
      this.options.url,
      { method: 'POST', path: '/api/v1/users/login', body },
      timeoutMs,
    );
    const session = expectStatus(answer, 200, 'The login');
    this.token = String(field(session, 'accessToken'));
    this.renewAt = Date.now() + (Number(field(session, 'expiresIn')) * 1000) / 2;
  }
}

async function findWare({ url, sku }: ShopperOptions): Promise<Ware> {
  const get = async (path: string) =>
    expectStatus(await ask(url, { method: 'GET', path }, QUIET_TIMEOUT_MS), 200, `GET ${path}`);
  const products = sku
    ? [await get(`/api/v1/products/${encodeURIComponent(sku)}`)]
    : (field(await get('/api/v1/products?limit=100'), 'data') as unknown[]);
  let best = { available: 0, product: undefined as unknown };
  for (const product of products) {
    if (field(product, 'active') !== true) continue;
    const stock = await get(`/api/v1/inventory/${encodeURIComponent(String(field(product, 'sku')))}`);
    const available = Number(field(stock, 'available'));
    if (available > best.available) best = { available, product };
  }
  if (best.product === undefined) throw new Error(`There is no stock of ${sku ?? 'any product'} to order`);
  return { sku: String(field(best.product, 'sku')), price: field(best.product, 'price') as Money };
}

function expectStatus({ status, body }: Answer, expected: number, what: string): unknown {
  if (status === expected) return body;
  throw new Error(`${what} was answered with ${status} ${JSON.stringify(body)?.slice(0, 300) ?? ''}`);
}
