import { eventually, GatewayHarness, order } from './gateway.harness.js';

describe('the mock gateway with faults switched on', () => {
  let gateway: GatewayHarness;

  beforeEach(async () => {
    gateway = await GatewayHarness.start();
  });

  afterEach(() => gateway.stop());

  it('answers an error without charging, until it is switched off', async () => {
    expect((await gateway.addFault({ kind: 'error', status: 429 })).status).toBe(201);
    expect((await gateway.charge('k1')).status).toBe(429);
    expect((await gateway.call('GET', '/faults')).body).toMatchObject({
      faults: [{ kind: 'error', on: 'charge' }],
    });
    expect((await gateway.lookup('k1')).status).toBe(404);
    await gateway.call('DELETE', '/faults');
    expect((await gateway.charge('k1')).status).toBe(201);
    expect(await gateway.ledger()).toHaveLength(1);
  });

  it('does the work and never answers on timeout', async () => {
    await gateway.addFault({ kind: 'timeout' });
    await gateway.unanswered(['POST', '/v1/charges', order('tok_visa'), 'k1'], async () =>
      expect((await gateway.lookup('k1')).status).toBe(200),
    );
    await gateway.addFault({ kind: 'timeout', on: 'refund' });
    await gateway.unanswered(['POST', '/v1/charges/k1/void'], async () =>
      expect((await gateway.lookup('k1')).body['status']).toBe('refunded'),
    );
    expect(await gateway.ledger()).toHaveLength(2);
  });

  it('answers late on slow', async () => {
    await gateway.addFault({ kind: 'slow', delayMs: 300 });
    const slow = gateway.charge('k1');
    await eventually(async () =>
      expect((await gateway.charge('k1')).body['error']).toMatchObject({ code: 'in_flight' }),
    );
    expect((await slow).status).toBe(201);
  });

  it('resets the connection before or after the work', async () => {
    await gateway.addFault({ kind: 'reset' });
    await expect(gateway.charge('k1')).rejects.toThrow('fetch failed');
    expect(await gateway.ledger()).toEqual([]);
    const faces = [0, 0.9];
    gateway.dice = () => faces.shift() ?? 1;
    await expect(gateway.charge('k1')).rejects.toThrow('fetch failed');
    expect(await gateway.kinds()).toEqual([['capture', 'k1', 4_990]]);
  });

  it('declines good cards, but not the charges it already took', async () => {
    await gateway.charge('k1');
    await gateway.addFault({ kind: 'decline' });
    expect((await gateway.charge('k1')).status).toBe(201);
    expect(await gateway.charge('k2')).toMatchObject({
      status: 402,
      body: { error: { code: 'card_declined' } },
    });
    await gateway.call('DELETE', '/faults');
    expect((await gateway.charge('k2')).status).toBe(402);
  });

  it('declines refunds and voids without using up their keys', async () => {
    await gateway.charge('k1');
    await gateway.addFault({ kind: 'decline', on: 'refund' });
    expect(await gateway.refund('k1', 'r1', 5)).toMatchObject({
      status: 402,
      body: { error: { code: 'refund_declined' } },
    });
    expect((await gateway.voidCharge('k1')).status).toBe(402);
    expect(await gateway.voidCharge('never-seen')).toMatchObject({ status: 200, body: { status: 'voided' } });
    await gateway.call('DELETE', '/faults');
    expect((await gateway.refund('k1', 'r1', 5)).status).toBe(201);
    expect((await gateway.voidCharge('k1')).body['status']).toBe('refunded');
  });

  it('refuses a fault that makes no sense, and says why', async () => {
    const { status, body } = await gateway.addFault({ kind: 'error', rate: 2 });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('rate');
  });
});
