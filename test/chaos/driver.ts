import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sighting } from './evidence.js';
import { HttpClient, NoAnswer, type Reply } from './http-client.js';
import { type Random, randomFrom } from './random.js';

export interface Buyer {
  id: string;
  token: string;
}

export interface DriverOptions {
  url: string;
  buyers: readonly Buyer[];
  seed: number;
  /** How many requests are in flight at a time. */
  concurrency: number;
  /** What is ordered. */
  skus: readonly string[];
  /** How many of a hundred orders are cancelled as soon as they are acknowledged. */
  cancelPercent?: number;
  /** Which cards are used, and how often. */
  cards?: readonly (readonly [string, number])[];
  /** A file for the sightings, a line of JSON each. */
  file?: string;
  /**
   * Whether a lane goes on when an answer is lost, as customers do behind a proxy that stays. Without, it ends there:
   * its process is gone.
   */
  goesOn?: boolean;
}

/** Mostly money, but every way in which it does not come is among them. */
export const ALL_CARDS = [
  ['tok_visa', 60],
  ['tok_mastercard', 15],
  ['tok_declined', 8],
  ['tok_insufficient_funds', 6],
  ['tok_gateway_error', 5],
  ['tok_gateway_timeout', 4],
  ['tok_slow', 2],
] as const;

interface Order {
  buyer: Buyer;
  key: string;
  body: unknown;
}

interface Answered extends Order {
  status: number;
  orderId: string | null;
  code: string | null;
}

/** Its first run is still under way, or the system is not back yet. A gateway that is down for this card stays so. */
const NOT_YET = new Set([
  'IDEMPOTENCY.IN_FLIGHT',
  'SERVICE.UNAVAILABLE',
  'SERVICE.OUTCOME_UNKNOWN',
  'SERVICE.OVERLOADED',
  'ORDER.GIVEN_UP',
  'GATEWAY.UNAVAILABLE',
]);

/** The proxy has lost the process that had the request, or the process the one it had asked: it may have been done. */
const UNKNOWN = new Set(['GATEWAY.BAD_GATEWAY', 'SERVICE.OUTCOME_UNKNOWN']);

/** Answers that an order may have, whatever is the matter; beside an unknown outcome. */
const EXPECTED = new Set([201, 202, 402, 409, 503]);

const CANCEL_EXPECTED = new Set([200, 409, 502, 503]);

/** Milliseconds after which a lane that goes on tries its next order when it was turned away. */
const TURNED_AWAY_MS = 250;

/**
 * Places orders one after the other on so many lanes, each under its own key, and writes down what it is told.
 * An answer that does not come is asked for again with `repeatUnanswered`, under the same key.
 */
export class Driver {
  readonly sightings: Sighting[] = [];
  /** Answers that nobody should get. */
  readonly surprises: string[] = [];
  private readonly random: Random;
  private client: HttpClient;
  private lanes: Promise<void>[] = [];
  private driving = false;
  private placed = 0;
  private answered: Answered[] = [];
  private unanswered: Order[] = [];
  /** Requests of the lanes whose answers are waited for. */
  private underWay = 0;

  constructor(private readonly options: DriverOptions) {
    this.random = randomFrom(options.seed);
    this.client = new HttpClient(options.url);
  }

  /** Orders that were acknowledged: placed, or on their way. */
  get acknowledged(): number {
    return this.answered.filter(({ orderId }) => orderId !== null).length;
  }

  /** Orders whose answers were lost, and have not come since. */
  get unansweredNow(): number {
    return this.unanswered.length;
  }

  start(): void {
    this.driving = true;
    this.lanes = Array.from({ length: this.options.concurrency }, () => this.drive());
  }

  /** Resolves when the requests in flight have ended, one way or the other. */
  async stop(): Promise<void> {
    this.driving = false;
    await Promise.all(this.lanes);
  }

  /**
   * Writes down a hit, with the requests that were under way or have just lost their answers by it; gives how many.
   * Without a proxy that stays, it begins with new connections.
   */
  noteFault(name: string): number {
    const inFlight = this.underWay + this.unanswered.length;
    this.see({ kind: 'fault', name, inFlight });
    if (this.options.goesOn) return inFlight;
    this.client.close();
    this.client = new HttpClient(this.options.url);
    return inFlight;
  }

  /** Places one more order. Null when its answer is lost, or says that nobody knows. */
  async place(): Promise<Answered | null> {
    const order = this.next();
    this.underWay += 1;
    try {
      const reply = await this.ask(order);
      if (!UNKNOWN.has(String(reply.body['code']))) return this.note(order, reply);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
    } finally {
      this.underWay -= 1;
    }
    this.unanswered.push(order);
    this.see({ kind: 'unanswered', user: order.buyer.id, key: order.key });
    return null;
  }

  /** Asks again for what was never answered, under the same keys, until each has its answer. */
  async repeatUnanswered(): Promise<void> {
    await Promise.all([...this.unanswered].map((order) => this.insist(order)));
  }

  /** Repeats some of the orders that were answered for good, and gives those that are answered otherwise now. */
  async repeatAnswered(howMany: number): Promise<string[]> {
    const final = this.answered.filter(({ status }) => status !== 202 && status !== 503);
    const chosen = Array.from({ length: Math.min(howMany, final.length) }, () =>
      this.random.pick(final.map((each) => [each, 1])),
    );
    const answers = await Promise.all(
      chosen.map(async (first) => ({ first, again: summary(await this.ask(first)) })),
    );
    return answers
      .map(
        ({ first, again }) => [first.key, JSON.stringify(summaryOf(first)), JSON.stringify(again)] as const,
      )
      .filter(([, before, now]) => before !== now)
      .map(([key, before, now]) => `${key} was answered with ${before} and then with ${now}`);
  }

  close(): void {
    this.client.close();
  }

  private async drive(): Promise<void> {
    while (this.driving) {
      const answer = await this.place();
      if (!answer && !this.options.goesOn) return;
      if (answer?.orderId && this.random.next() * 100 < (this.options.cancelPercent ?? 0)) {
        await this.cancel(answer.buyer, answer.orderId);
      }
      if (this.options.goesOn && (!answer || answer.status === 503)) await sleep(TURNED_AWAY_MS);
    }
  }

  private next(): Order {
    const { buyers, skus, seed, cards = ALL_CARDS } = this.options;
    const line = () => ({
      sku: this.random.pick(skus.map((sku) => [sku, 1] as const)),
      quantity: this.random.pick([
        [1, 3],
        [2, 1],
      ] as const),
    });
    const body = {
      items:
        this.random.pick([
          [1, 1],
          [2, 1],
        ] as const) === 1
          ? [line()]
          : [line(), line()],
      payment: { method: 'card', token: this.random.pick(cards) },
      shippingAddress: {
        name: 'A. Driver',
        line1: 'Teststraße 1',
        city: 'Berlin',
        postalCode: '10115',
        country: 'DE',
      },
    };
    this.placed += 1;
    return {
      buyer: this.random.pick(buyers.map((buyer) => [buyer, 1] as const)),
      key: `${seed}-${this.placed}`,
      body,
    };
  }

  private ask({ buyer, key, body }: Order): Promise<Reply> {
    return this.client.send({ method: 'POST', path: '/api/v1/orders', token: buyer.token, key, body });
  }

  private async insist(order: Order): Promise<void> {
    for (;;) {
      const reply = await this.ask(order).catch(() => null);
      const code = String(reply?.body['code']);
      if (reply && !NOT_YET.has(code) && !UNKNOWN.has(code)) {
        this.note(order, reply);
        this.unanswered = this.unanswered.filter((each) => each !== order);
        return;
      }
      await sleep(200);
    }
  }

  private async cancel({ token }: Buyer, orderId: string): Promise<void> {
    // Lost on the way, it may or may not have been cancelled: both are in order.
    this.underWay += 1;
    const answer = await this.client
      .send({ method: 'DELETE', path: `/api/v1/orders/${orderId}`, token })
      .catch(() => null);
    this.underWay -= 1;
    if (answer?.status === 200) this.see({ kind: 'cancelled', orderId });
    else if (answer && !CANCEL_EXPECTED.has(answer.status)) this.surprise('DELETE', answer);
  }

  private note(order: Order, reply: Reply): Answered {
    const { status, headers } = reply;
    if (!EXPECTED.has(status) || summary(reply).code === 'IDEMPOTENCY.IN_FLIGHT')
      this.surprise('POST', reply);
    if (status === 503 && !headers['retry-after']) this.surprise('POST without Retry-After', reply);
    return this.remember(order, summary(reply));
  }

  private remember(order: Order, answer: ReturnType<typeof summary>): Answered {
    const answered = { ...order, ...answer };
    this.answered.push(answered);
    this.see({ kind: 'placed', user: order.buyer.id, key: order.key, ...answer });
    return answered;
  }

  private surprise(method: string, { status, body }: Reply): void {
    this.surprises.push(`${method} was answered with ${status} ${JSON.stringify(body).slice(0, 300)}`);
  }

  private see(sighting: Sighting): void {
    this.sightings.push(sighting);
    if (this.options.file) appendFileSync(this.options.file, `${JSON.stringify(sighting)}\n`);
  }
}

function summary({ status, body }: Reply): Pick<Answered, 'status' | 'orderId' | 'code'> {
  const placed = status === 201 || status === 202;
  return { status, orderId: placed ? String(body['id']) : null, code: placed ? null : String(body['code']) };
}

function summaryOf({ status, orderId, code }: Answered): ReturnType<typeof summary> {
  return { status, orderId, code };
}
