/** A flash sale: everybody wants the one thing of which there is little, at once. It is sold exactly as often as it is there. */
import { check, sleep } from 'k6';
import { Counter } from 'k6/metrics';
import type { Options } from 'k6/options';
import { isRefusal, must, read, send } from './api.ts';
import { failed, refused, UNDER_OVERLOAD, wrong } from './objectives.ts';
import { customers, type Person, staffToken, tokenOf } from './people.ts';
import { number, text } from './settings.ts';
import { confirmed, deliver, newKey, type Order, orderOf, type Product } from './shop.ts';

const peak = number('PEAK', 500);
const stock = number('STOCK', 100);
/** Who is told to come back does so, so often. */
const TRIES = 5;
/** For orders without an answer to settle: their reservations are held until then. */
const SETTLE_SECONDS = 60;

const soldOut = new Counter('sold_out');

export const options: Options = {
  scenarios: {
    spike: {
      executor: 'ramping-arrival-rate',
      startRate: 1,
      timeUnit: '1s',
      stages: [
        { target: peak, duration: text('RISE', '5s') },
        { target: peak, duration: text('DURATION', '20s') },
        { target: 0, duration: text('RISE', '5s') },
      ],
      preAllocatedVUs: peak,
      maxVUs: peak * 5,
    },
  },
  // Less than the stock may be known to clients, whose answers can get lost. More must never be.
  thresholds: { ...UNDER_OVERLOAD, orders_placed: ['count>0', `count<=${stock}`] },
  teardownTimeout: `${SETTLE_SECONDS + 60}s`,
};

interface Sale {
  people: Person[];
  product: Product;
  startedAt: string;
}

/** A product of its own, so that nothing else is sold or counted. */
export function setup(): Sale {
  const token = staffToken();
  const sku = `SALE-${Date.now().toString(36).toUpperCase()}`;
  const body = { sku, name: 'Flash sale of a load test', price: { amount: 990, currency: 'EUR' } };
  const created = must({
    method: 'POST',
    path: '/products',
    route: '/products',
    token,
    body,
    expected: [201],
  });
  deliver(token, [{ sku }], stock);
  return { people: customers(), product: read<Product>(created), startedAt: new Date().toISOString() };
}

/** One buyer, who insists on an answer: yes or sold out. */
export default function ({ people, product }: Sale): void {
  const token = tokenOf(people);
  if (!token) return;
  const order = orderOf(product, token, newKey());
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = send(order);
    refused.add(isRefusal(answer));
    if (isRefusal(answer)) {
      sleep(Number(answer.headers['Retry-After']));
      continue;
    }
    const code = answer.status === 409 ? read<{ code: string }>(answer).code : '';
    failed.add(answer.status !== 201 && code !== 'INVENTORY.OUT_OF_STOCK', { status: String(answer.status) });
    if (answer.status === 201) confirmed(answer, product);
    else if (code === 'INVENTORY.OUT_OF_STOCK') soldOut.add(1);
    return;
  }
}

interface Stock {
  onHand: number;
  reserved: number;
  available: number;
}

/** What is left and what was sold must be what there was. */
export function teardown({ product: { sku }, startedAt }: Sale): void {
  const token = staffToken();
  const look = () =>
    read<Stock>(
      must({ method: 'GET', path: `/inventory/${sku}`, route: '/inventory/:sku', token, expected: [200] }),
    );
  let left = look();
  for (let waited = 0; left.reserved > 0 && waited < SETTLE_SECONDS; waited++) {
    sleep(1);
    left = look();
  }
  const sold = ordersOf(sku, startedAt, token);
  const isRight = check(left, {
    'stock is never negative': ({ onHand, available }) => onHand >= 0 && available >= 0,
    'nothing is held any more': ({ reserved }) => reserved === 0,
    'sold is what was placed': ({ onHand }) => stock - onHand === sold,
  });
  const body = { active: false };
  must({ method: 'PUT', path: `/products/${sku}`, route: '/products/:sku', token, body, expected: [200] });
  if (isRight) return;
  wrong.add(1);
  throw new Error(`${sku}: of ${stock} there are ${JSON.stringify(left)}, and ${sold} orders`);
}

/** How many confirmed orders hold it. */
function ordersOf(sku: string, since: string, token: string): number {
  let count = 0;
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = `status=confirmed&limit=100&createdFrom=${since}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const answer = must({
      method: 'GET',
      path: `/orders?${query}`,
      route: '/orders',
      token,
      expected: [200],
    });
    const page = read<{ data: Order[]; nextCursor: string | null }>(answer);
    count += page.data.filter(({ items }) => items.some((item) => item.sku === sku)).length;
    cursor = page.nextCursor;
  }
  return count;
}
