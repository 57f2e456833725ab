import { eventually, GatewayHarness, order } from './gateway.harness.js';

describe('the mock gateway', () => {
  let gateway: GatewayHarness;

  beforeEach(async () => {
    gateway = await GatewayHarness.start();
  });

  afterEach(() => gateway.stop());

  describe('charging', () => {
    it.each(['tok_visa', 'tok_mastercard'])('captures %s and records it', async (token) => {
      const { status, body } = await gateway.charge('k1', order(token));
      expect(status).toBe(201);
      expect(body).toEqual({
        id: expect.stringMatching(/^ch_/),
        key: 'k1',
        status: 'captured',
        amount: 4_990,
        currency: 'EUR',
        refunded: 0,
        reference: 'order-1',
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      });
      expect(await gateway.lookup('k1')).toEqual({ status: 200, body });
      const { id: chargeId, createdAt: at, key, amount, currency, reference } = body;
      expect(await gateway.ledger()).toEqual([
        { seq: 1, at, kind: 'capture', key, reference, chargeId, amount, currency },
      ]);
    });

    it.each([
      ['tok_declined', 'card_declined'],
      ['tok_insufficient_funds', 'insufficient_funds'],
      ['tok_no_such_card', 'invalid_token'],
    ])('declines %s with %s, the same on every try', async (token, reason) => {
      const first = await gateway.charge('k1', order(token));
      expect(first).toMatchObject({
        status: 402,
        body: { error: { code: reason }, charge: { key: 'k1', status: 'declined', reason } },
      });
      expect(await gateway.charge('k1', order(token))).toEqual(first);
      await gateway.restart();
      expect(await gateway.charge('k1', order(token))).toEqual(first);
      expect(await gateway.lookup('k1')).toEqual({ status: 200, body: first.body['charge'] });
      expect(await gateway.kinds()).toEqual([['decline', 'k1', 4_990]]);
    });

    it('captures tok_slow in the end, after those that came later', async () => {
      const slow = gateway.charge('slow', order('tok_slow'));
      await eventually(async () =>
        expect((await gateway.charge('slow', order('tok_slow'))).status).toBe(409),
      );
      await gateway.charge('later');
      expect(await slow).toMatchObject({ status: 201, body: { status: 'captured' } });
      expect((await gateway.ledger()).map(({ key }) => key)).toEqual(['later', 'slow']);
    });

    it('fails tok_gateway_error without a trace, so that the key can be used again', async () => {
      expect(await gateway.charge('k1', order('tok_gateway_error'))).toMatchObject({
        status: 503,
        body: { error: { code: 'gateway_error' } },
      });
      expect((await gateway.lookup('k1')).status).toBe(404);
      expect(await gateway.ledger()).toEqual([]);
      expect((await gateway.charge('k1')).status).toBe(201);
    });

    it('charges tok_gateway_timeout without an answer, and answers when asked again', async () => {
      await gateway.unanswered(['POST', '/v1/charges', order('tok_gateway_timeout'), 'k1'], async () => {
        expect((await gateway.lookup('k1')).body).toMatchObject({ status: 'captured' });
      });
      expect(await gateway.charge('k1', order('tok_gateway_timeout'))).toMatchObject({ status: 201 });
      expect(await gateway.kinds()).toEqual([['capture', 'k1', 4_990]]);
    });

    it.each([
      ['no amount', { ...order(), amount: undefined }],
      ['a zero amount', order('tok_visa', 0)],
      ['a fraction', order('tok_visa', 1.5)],
      ['an amount that is not exact', order('tok_visa', 2 ** 53)],
      ['a text amount', { ...order(), amount: '5' }],
      ['a small currency', { ...order(), currency: 'eur' }],
      ['no token', { ...order(), token: '' }],
      ['a long token', order('t'.repeat(201))],
      ['a reference that is no text', { ...order(), reference: 5 }],
      ['a list', []],
      ['null', null],
      ['no JSON', '{"amount":'],
    ])('refuses %s', async (_what, body) => {
      expect((await gateway.charge('k1', body)).status).toBe(400);
      expect(await gateway.ledger()).toEqual([]);
    });

    it.each([
      ['no key', undefined, 'key_required'],
      ['an empty key', '', 'invalid_key'],
      ['a key too long', 'k'.repeat(201), 'invalid_key'],
      ['a key with a space', 'a b', 'invalid_key'],
    ])('refuses %s', async (_what, key, code) => {
      expect(await gateway.call('POST', '/v1/charges', order(), key)).toMatchObject({
        status: 400,
        body: { error: { code } },
      });
    });

    it('refuses a body over 64 KiB', async () => {
      const body = { ...order(), padding: 'x'.repeat(70_000) };
      expect(await gateway.charge('k1', body)).toMatchObject({
        status: 413,
        body: { error: { code: 'too_large' } },
      });
    });
  });

  describe('one key', () => {
    it('captures once for 50 posts at the same time', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.charge('k1')));
      const statuses = new Set(answers.map(({ status }) => status));
      expect([...statuses].every((status) => status === 201 || status === 409)).toBe(true);
      const ids = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body['id']));
      expect(ids.size).toBe(1);
      expect(await gateway.kinds()).toEqual([['capture', 'k1', 4_990]]);
    });

    it('answers the first answer again, also after a refund and a restart', async () => {
      const first = await gateway.charge('k1');
      expect(await gateway.charge('k1')).toEqual(first);
      await gateway.refund('k1', 'r1', 1_000);
      await gateway.restart();
      expect(await gateway.charge('k1')).toEqual(first);
    });

    it.each([
      ['amount', { ...order(), amount: 1 }],
      ['currency', { ...order(), currency: 'USD' }],
      ['token', order('tok_mastercard')],
      ['reference', { ...order(), reference: 'order-2' }],
    ])('is refused with another %s, also after a restart', async (_what, body) => {
      await gateway.charge('k1');
      expect(await gateway.charge('k1', body)).toMatchObject({
        status: 422,
        body: { error: { code: 'key_reused' } },
      });
      await gateway.restart();
      expect(await gateway.charge('k1', body)).toMatchObject({
        status: 422,
        body: { error: { code: 'key_reused' } },
      });
      expect(await gateway.ledger()).toHaveLength(1);
    });

    it('is refused while its first charge is under way, and can be looked up when that is done', async () => {
      const slow = gateway.charge('k1', order('tok_slow'));
      await eventually(async () => {
        expect(await gateway.charge('k1', order('tok_slow'))).toMatchObject({
          status: 409,
          body: { error: { code: 'in_flight' } },
        });
      });
      expect(await gateway.lookup('k1')).toMatchObject({ status: 200, body: { status: 'captured' } });
      expect((await slow).status).toBe(201);
    });

    it('may be any visible text', async () => {
      const key = '__proto__/?%';
      await gateway.charge(key);
      expect(await gateway.lookup(encodeURIComponent(key))).toMatchObject({ status: 200, body: { key } });
      expect((await gateway.lookup('__proto__')).status).toBe(404);
      expect((await gateway.lookup('%zz')).status).toBe(400);
    });
  });

  describe('the ledger', () => {
    it('pages, and keeps what tells requests apart to itself', async () => {
      for (const key of ['k1', 'k2', 'k3']) await gateway.charge(key);
      expect(await gateway.call('GET', '/ledger?limit=2')).toMatchObject({
        body: { entries: [{ seq: 1 }, { seq: 2 }], next: 2 },
      });
      const last = await gateway.call('GET', '/ledger?after=2&limit=2');
      expect(last.body).toMatchObject({ entries: [{ seq: 3, key: 'k3' }], next: null });
      expect(JSON.stringify(last.body)).not.toContain('requestHash');
      expect((await gateway.call('GET', '/ledger?limit=0')).status).toBe(400);
      expect((await gateway.call('GET', '/ledger?after=x')).status).toBe(400);
    });
  });

  it('answers health, and 404 for what it does not have', async () => {
    expect(await gateway.call('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    for (const path of [
      '/',
      '/v1',
      '/v1/charges',
      '/v1/charges/a/b',
      '/v1/charges//void',
      '/v1/charges/a/void/b',
    ]) {
      expect([path, (await gateway.call('GET', path)).status]).toEqual([path, 404]);
    }
  });

  it('keeps a second gateway away from its ledger', async () => {
    const { lockLedger } = await import('./ledger-lock.js');
    await expect(lockLedger(gateway.ledgerPath, 0)).rejects.toThrow('Another mock gateway');
  });
});
