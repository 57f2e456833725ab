import type { Buyer } from '../chaos/driver.js';
import { ledgerOf } from '../chaos/evidence.js';
import { HttpClient } from '../chaos/http-client.js';
import { untilSettled } from '../chaos/settling.js';
import { demoBuyers } from '../chaos/shop.js';
import { openStage, type Stage } from '../chaos/stage.js';
import { orderOf, place } from './orders.js';

const AT_ONCE = 50;

describe('one idempotency key, used by many at once', () => {
  let stage: Stage;
  let client: HttpClient;
  let buyer: Buyer;

  beforeAll(async () => {
    stage = await openStage();
    await stage.start();
    client = new HttpClient(stage.url);
    [buyer] = (await demoBuyers(stage.url)) as [Buyer];
  });

  afterAll(async () => {
    client.close();
    await stage.close();
  });

  const placeAtOnce = (key: string, body: unknown) =>
    Promise.all(Array.from({ length: AT_ONCE }, () => place(client, buyer, key, body)));

  it('places one order, and tells all others the same or to come back', async () => {
    const replies = await placeAtOnce('one-key', orderOf('MUG-001', 2));

    const placed = replies.filter(({ status }) => status === 201);
    const others = replies.filter(({ status }) => status !== 201);
    expect(placed.length).toBeGreaterThan(0);
    expect(
      others.filter(({ status, body }) => status !== 409 || body['code'] !== 'IDEMPOTENCY.IN_FLIGHT'),
    ).toEqual([]);
    expect(others.filter(({ headers }) => headers['retry-after'] === undefined)).toEqual([]);
    expect(new Set(placed.map(({ body }) => JSON.stringify(body))).size).toBe(1);

    await untilSettled(stage.sql);
    const orderId = placed[0]?.body['id'];
    expect(await stage.sql('SELECT id FROM orders.orders')).toEqual([{ id: orderId }]);
    expect((await ledgerOf(stage.gatewayUrl)).map(({ kind, reference }) => [kind, reference])).toEqual([
      ['capture', orderId],
    ]);
    const later = await placeAtOnce('one-key', orderOf('MUG-001', 2));
    expect(later.map(({ status, body }) => [status, body])).toEqual(later.map(() => [201, placed[0]?.body]));
  });

  it('refuses another request under the key, also while the first is under way', async () => {
    const [first, ...others] = await Promise.all([
      place(client, buyer, 'another-body', orderOf('MUG-001', 1)),
      ...Array.from({ length: AT_ONCE }, () => place(client, buyer, 'another-body', orderOf('MUG-001', 3))),
    ]);
    const codes = new Set(others.map(({ status, body }) => `${status} ${String(body['code'])}`));
    // Whoever came first, one body has been ordered and the other refused.
    if (first?.status === 201) expect([...codes]).toEqual(['422 IDEMPOTENCY.KEY_REUSED']);
    else expect(first?.body['code']).toBe('IDEMPOTENCY.KEY_REUSED');
    await untilSettled(stage.sql);
    const orders = await stage.sql('SELECT id FROM orders.orders');
    expect(orders).toHaveLength(2);
  });
});
