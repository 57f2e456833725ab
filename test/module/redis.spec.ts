import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { DEMO_STOCK } from '../../src/modules/inventory/demo/stock.js';
import { UsersApi } from '../../src/modules/users/users.contract.js';
import { Api, DEMO_PASSWORD } from '../api.js';
import { aUser, logIn } from '../builders/a-user.js';
import { anOrder } from '../builders/order.builder.js';
import { LiveClient } from '../fakes/live-client.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';
import { TestRedis } from '../redis.js';

interface Order {
  id: string;
  status: string;
}

/** Long, so that a second wait for it could not be overlooked. */
const TIMEOUT_MS = 1000;
/** For the work itself on a busy machine. */
const MARGIN_MS = 900;
/** Sooner than a process forgets by itself what it has cached. */
const AT_ONCE_MS = 1000;

async function order(api: Api, token: string, sku = 'MUG-001'): Promise<Order> {
  const answer = await api.post<Order>('/orders', anOrder().withLine(sku).build(), { token });
  expect(answer).toMatchObject({ status: 201, body: { status: 'confirmed' } });
  return answer.body;
}

/** The same Waybill once more: another process on the same database. */
function replicaOf({ databaseUrl, gateway }: WaybillInside, env: Record<string, string> = {}) {
  return startWaybill({ DATABASE_URL: databaseUrl, GATEWAY_URL: gateway.url, ...env });
}

describe('two replicas that share a Redis', () => {
  let redis: TestRedis;
  let one: WaybillInside;
  let other: WaybillInside;
  let staff: string;
  let admin: string;

  beforeAll(async () => {
    redis = await TestRedis.start();
    one = await startWaybill({ REDIS_URL: redis.url, LOGIN_ATTEMPTS: '4' });
    other = await replicaOf(one, { REDIS_URL: redis.url, LOGIN_ATTEMPTS: '4' });
    [staff, admin] = [await one.api.token('staff'), await one.api.token('admin')];
  });

  afterAll(async () => {
    await other?.stop();
    await one?.stop();
    await redis?.stop();
  });

  const available = async (api: Api, sku: string) =>
    (await api.get<{ available: number }>(`/inventory/${sku}`)).body.available;

  it('both know at once how many are left after an order at one of them', async () => {
    const [before] = await Promise.all([available(one.api, 'TEE-001'), available(other.api, 'TEE-001')]);
    await order(one.api, await one.api.token('alice'), 'TEE-001');
    expect(await available(one.api, 'TEE-001')).toBe(before - 1);
    await eventually(async () => expect(await available(other.api, 'TEE-001')).toBe(before - 1), AT_ONCE_MS);
  });

  it('both know at once what staff do to the stock by hand, and what a cancelled order gives back', async () => {
    const sku = 'TEE-002';
    const before = await available(other.api, sku);
    const adjust = { sku, warehouse: 'main', delta: 5, reason: 'found' };
    await one.api.post('/inventory/adjust', adjust, { token: staff, key: randomUUID() });
    expect(await available(one.api, sku)).toBe(before + 5);
    await eventually(async () => expect(await available(other.api, sku)).toBe(before + 5), AT_ONCE_MS);
    const { id } = await order(one.api, await one.api.token('alice'), sku);
    await eventually(async () => expect(await available(other.api, sku)).toBe(before + 4), AT_ONCE_MS);
    await one.api.delete(`/orders/${id}`, { token: staff });
    await eventually(async () => expect(await available(other.api, sku)).toBe(before + 5));
  });

  it('let staff see the stock itself, not what is remembered of it', async () => {
    const sku = 'MUG-003';
    const change = (by: number) =>
      one.sql(`UPDATE inventory.stock SET on_hand = on_hand + $2 WHERE sku = $1 AND warehouse = 'main'`, [
        sku,
        by,
      ]);
    const before = await eventually(async () => {
      const read = await available(one.api, sku);
      const kept = await redis.run((client) => client.get(`waybill:cache:inventory.availability:${sku}`));
      expect(kept).toBe(JSON.stringify({ sku, available: read }));
      return read;
    });
    await change(7);
    const seen = await one.api.get<{ available: number }>(`/inventory/${sku}`, { token: staff });
    expect(seen.body.available).toBe(before + 7);
    expect(await available(one.api, sku)).toBe(before);
    await change(-7);
  });

  it('both show and charge a changed price at once', async () => {
    const shown = async (api: Api) =>
      (await api.get<{ price: { amount: number } }>('/products/MUG-002')).body.price.amount;
    await Promise.all([shown(one.api), shown(other.api)]);
    const alice = await other.api.token('alice');
    await order(other.api, alice, 'MUG-002');
    await one.api.put('/products/MUG-002', { price: { amount: 777, currency: 'EUR' } }, { token: staff });
    expect(await shown(one.api)).toBe(777);
    await eventually(async () => expect(await shown(other.api)).toBe(777), AT_ONCE_MS);
    const { id } = await order(other.api, alice, 'MUG-002');
    const { body } = await other.api.get<{ total: { amount: number } }>(`/orders/${id}`, { token: alice });
    expect(body.total.amount).toBe(777);
  });

  it('charge the real price, whatever price stands in Redis', async () => {
    const sku = 'NOTE-001';
    const [real] = await one.sql<{ amount: string }>(
      'SELECT price_amount AS amount FROM catalog.products WHERE sku = $1',
      [sku],
    );
    const forged = { sku, name: 'Forged', price: { amount: 1, currency: 'EUR' }, active: true };
    await redis.run((client) => client.set(`waybill:cache:catalog.price:${sku}`, JSON.stringify(forged)));
    const alice = await other.api.token('alice');
    const { id } = await order(other.api, alice, sku);
    const { body } = await other.api.get<{ total: { amount: number } }>(`/orders/${id}`, { token: alice });
    expect(body.total.amount).toBe(Number(real?.amount));
  });

  it('refuse a suspended user, whatever standing is in Redis', async () => {
    const user = await aUser(one.api);
    // Not through the API: no process hears of it, and the session goes on.
    await one.sql(`UPDATE users.users SET status = 'suspended' WHERE id = $1`, [user.id]);
    const forged = JSON.stringify({ status: 'active', ended: [] });
    await redis.run((client) => client.set(`waybill:cache:users.standing:${user.id}`, forged));
    expect(
      await other.api.post('/orders', anOrder().withLine('NOTE-001').build(), { token: user.accessToken }),
    ).toMatchObject({ status: 403, body: { code: 'USER.SUSPENDED' } });
  });

  it('both refuse the tokens of a session that was ended at one of them', async () => {
    const user = await aUser(one.api);
    const token = user.accessToken;
    expect((await other.api.get('/users/me', { token })).status).toBe(200);
    await one.api.post('/users/logout', { refreshToken: user.refreshToken });
    await eventually(
      async () =>
        expect(await other.api.get('/users/me', { token })).toMatchObject({
          status: 401,
          body: { code: 'AUTH.SESSION_REVOKED' },
        }),
      AT_ONCE_MS,
    );
  });

  it('both know at once that a user was suspended at one of them', async () => {
    const user = await aUser(one.api);
    const users = other.app.get<UsersApi>(UsersApi);
    await users.requireActive({ userId: user.id });
    await one.api.put(`/users/${user.id}`, { status: 'suspended' }, { token: admin });
    await eventually(
      () =>
        expect(users.requireActive({ userId: user.id })).rejects.toMatchObject({ code: 'USER.SUSPENDED' }),
      AT_ONCE_MS,
    );
  });

  it('count failed logins together', async () => {
    const { email } = await aUser(one.api);
    const guess = (api: Api) => api.post('/users/login', { email, password: 'wrong password' });
    for (const { api } of [one, other, one, other]) expect((await guess(api)).status).toBe(401);
    for (const { api } of [one, other])
      expect(await guess(api)).toMatchObject({ status: 429, body: { code: 'AUTH.TOO_MANY_ATTEMPTS' } });
  });

  it('push to whoever listens, wherever they are connected and wherever the event was taken in, once', async () => {
    const { accessToken } = await aUser(one.api);
    const ears = [one, other].map(({ url }) => new LiveClient(url, accessToken));
    await eventually(() => {
      for (const ear of ears) expect(ear.types).toContain('ready');
    });
    const orders = [await order(one.api, accessToken), await order(other.api, accessToken)];
    await eventually(() => {
      for (const ear of ears) for (const { id } of orders) expect(ear.of(id)).toContain('orders.confirmed');
    });
    for (const ear of ears) {
      for (const { id } of orders) {
        const heard = ear.of(id);
        expect(heard).toEqual([...new Set(heard)]);
      }
      ear.close();
    }
  });
});

describe('a Waybill whose Redis fails', () => {
  let redis: TestRedis;
  let waybill: WaybillInside;
  let alice: string;

  beforeAll(async () => {
    redis = await TestRedis.start();
    waybill = await startWaybill({ REDIS_URL: redis.url, REDIS_COMMAND_TIMEOUT_MS: String(TIMEOUT_MS) });
    alice = await waybill.api.token('alice');
  });

  afterAll(async () => {
    await waybill?.stop();
    await redis?.stop();
  });

  /** Nothing of it is in any cache yet. */
  async function aNewProduct(): Promise<string> {
    const [sku, token] = [`NEW-${randomUUID().toUpperCase()}`, await waybill.api.token('staff')];
    const price = { amount: 100, currency: 'EUR' };
    await waybill.api.post('/products', { sku, name: 'New', price }, { token });
    const stock = { sku, warehouse: 'main', delta: 100, reason: 'new' };
    await waybill.api.post('/inventory/adjust', stock, { token, key: randomUUID() });
    return sku;
  }

  async function everythingWorks(): Promise<void> {
    const sku = await aNewProduct();
    await order(waybill.api, alice, sku);
    expect((await waybill.api.get(`/products/${sku}`)).status).toBe(200);
    expect((await waybill.api.get<{ available: number }>(`/inventory/${sku}`)).body.available).toBe(99);
    const user = await aUser(waybill.api);
    await waybill.api.post('/users/logout', { refreshToken: user.refreshToken });
    expect((await waybill.api.get('/users/me', { token: user.accessToken })).status).toBe(401);
    expect((await fetch(`${waybill.url}/ready`)).status).toBe(200);
  }

  /** Resolves when something that the Waybill caches from now on comes to Redis. */
  async function isUsed(): Promise<void> {
    await redis.run((client) => client.flushall());
    await eventually(async () => {
      await waybill.api.get(`/products/${await aNewProduct()}`);
      const keys = await redis.run((client) => client.keys('waybill:cache:catalog.product:*'));
      expect(keys.length).toBeGreaterThan(0);
    });
  }

  it('uses it while it is there', async () => {
    await isUsed();
    await everythingWorks();
  });

  it('works on when it is flushed', async () => {
    await redis.run((client) => client.flushall());
    await everythingWorks();
  });

  it('works on when it is killed, and uses it again when it is back', async () => {
    await redis.kill();
    await everythingWorks();
    await redis.restart();
    await isUsed();
    await everythingWorks();
  });

  describe('by hanging', () => {
    const wrong = { email: 'nobody@example.org', password: 'wrong password' };
    /** Each for a product that no process has seen yet. */
    const requests: [string, (sku: string) => Promise<unknown>][] = [
      ['a login', () => logIn(waybill.api, 'bob@waybill.test', DEMO_PASSWORD)],
      ['a login that fails', () => waybill.api.post('/users/login', wrong)],
      ['a product', (sku) => waybill.api.get(`/products/${sku}`)],
      ['an availability', (sku) => waybill.api.get(`/inventory/${sku}`)],
    ];
    const skus = DEMO_STOCK.filter(({ main }) => main > 0).map(({ sku }) => sku);

    beforeEach(() => isUsed());
    afterEach(() => redis.resume());

    it.each(requests)('adds one command timeout, and no more, to %s', async (_, request) => {
      const millisecondsOf = async () => {
        const sku = skus.pop() ?? '';
        const start = performance.now();
        await request(sku);
        return performance.now() - start;
      };
      const usual = await millisecondsOf();
      redis.pause();
      const hung = await millisecondsOf();
      expect(hung).toBeGreaterThan(TIMEOUT_MS / 2);
      expect(hung).toBeLessThan(usual + TIMEOUT_MS + MARGIN_MS);
      // And nothing to what comes next.
      expect(await millisecondsOf()).toBeLessThan(usual + MARGIN_MS);
    });

    it('adds nothing to an order, which decides by the databases alone', async () => {
      redis.pause();
      const start = performance.now();
      await order(waybill.api, alice, skus.pop());
      expect(performance.now() - start).toBeLessThan(MARGIN_MS);
    });

    it('stops nothing, and is used again when it goes on', async () => {
      redis.pause();
      await everythingWorks();
      redis.resume();
      await isUsed();
    });

    it('does not hold up the end of the process', async () => {
      const replica = await replicaOf(waybill, { REDIS_URL: redis.url });
      redis.pause();
      const start = performance.now();
      await replica.app.close();
      expect(performance.now() - start).toBeLessThan(5000);
      redis.resume();
      await replica.stop();
    });
  });
});

describe('a Waybill that starts without the Redis it should have', () => {
  it('starts, is ready and takes orders', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => nobody.once('listening', resolve));
    const { port } = nobody.address() as { port: number };
    await new Promise((resolve) => nobody.close(resolve));
    const waybill = await startWaybill({ REDIS_URL: `redis://:secret@127.0.0.1:${port}` });
    try {
      expect((await fetch(`${waybill.url}/ready`)).status).toBe(200);
      await order(waybill.api, await waybill.api.token('alice'));
    } finally {
      await waybill.stop();
    }
  });
});

describe('two replicas without Redis', () => {
  it('both refuse an ended session within ten seconds', async () => {
    const one = await startWaybill();
    try {
      const other = await replicaOf(one);
      try {
        const { accessToken: token, refreshToken } = await aUser(one.api);
        expect((await other.api.get('/users/me', { token })).status).toBe(200);
        await one.api.post('/users/logout', { refreshToken });
        await eventually(
          async () => expect((await other.api.get('/users/me', { token })).status).toBe(401),
          11_000,
        );
      } finally {
        await other.stop();
      }
    } finally {
      await one.stop();
    }
  });
});
