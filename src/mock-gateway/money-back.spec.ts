import { randomUUID } from 'node:crypto';
import { eventually, GatewayHarness, order } from './gateway.harness.js';

describe('the mock gateway giving money back', () => {
  let gateway: GatewayHarness;

  beforeEach(async () => {
    gateway = await GatewayHarness.start();
  });

  afterEach(() => gateway.stop());

  describe('voiding', () => {
    it('forbids a key that was never seen, for good', async () => {
      const tombstone = await gateway.voidCharge('k1');
      expect(tombstone).toMatchObject({
        status: 200,
        body: { id: null, key: 'k1', status: 'voided', amount: 0 },
      });
      expect(await gateway.voidCharge('k1')).toEqual(tombstone);
      await gateway.restart();
      expect(await gateway.charge('k1')).toMatchObject({ status: 409, body: { error: { code: 'voided' } } });
      expect(await gateway.lookup('k1')).toEqual(tombstone);
      expect(await gateway.kinds()).toEqual([['void', 'k1', 0]]);
    });

    it('pays back what is left of a capture, once', async () => {
      await gateway.charge('k1');
      await gateway.refund('k1', 'r1', 1_000);
      const voided = await gateway.voidCharge('k1');
      expect(voided).toMatchObject({ status: 200, body: { status: 'refunded', refunded: 4_990 } });
      expect(await gateway.voidCharge('k1')).toEqual(voided);
      await gateway.restart();
      expect(await gateway.voidCharge('k1')).toEqual(voided);
      expect(await gateway.kinds()).toEqual([
        ['capture', 'k1', 4_990],
        ['refund', 'k1', 1_000],
        ['refund', 'k1', 3_990],
      ]);
    });

    it('never lets a late retry of the charge hear that it was captured', async () => {
      await gateway.charge('k1');
      await gateway.voidCharge('k1');
      expect(await gateway.charge('k1')).toMatchObject({
        status: 409,
        body: { charge: { status: 'refunded' } },
      });
      await gateway.restart();
      expect((await gateway.charge('k1')).status).toBe(409);
    });

    it('leaves a declined charge as it is', async () => {
      await gateway.charge('k1', order('tok_declined'));
      expect(await gateway.voidCharge('k1')).toMatchObject({ status: 200, body: { status: 'declined' } });
      expect((await gateway.charge('k1', order('tok_declined'))).status).toBe(402);
      expect(await gateway.ledger()).toHaveLength(1);
    });

    it('waits for a charge under way and then pays it back', async () => {
      const slow = gateway.charge('k1', order('tok_slow'));
      await eventually(async () => expect((await gateway.charge('k1', order('tok_slow'))).status).toBe(409));
      const voided = await Promise.all([gateway.voidCharge('k1'), gateway.voidCharge('k1')]);
      expect(voided.map(({ body }) => body['status'])).toEqual(['refunded', 'refunded']);
      expect((await slow).status).toBe(201);
      expect(await gateway.kinds()).toEqual([
        ['capture', 'k1', 4_990],
        ['refund', 'k1', 4_990],
      ]);
    });

    it('keeps no money whichever of charge and void comes first', async () => {
      const keys = Array.from({ length: 100 }, () => randomUUID());
      await Promise.all(
        keys.flatMap((key, at) =>
          at % 2
            ? [gateway.charge(key), gateway.voidCharge(key)]
            : [gateway.voidCharge(key), gateway.charge(key)],
        ),
      );
      const kept = new Map<string, number>();
      for (const { key, kind, amount } of await gateway.ledger()) {
        kept.set(key, (kept.get(key) ?? 0) + (kind === 'capture' ? amount : -amount));
      }
      expect([...kept]).toEqual(expect.arrayContaining(keys.map((key) => [key, 0])));
    });
  });

  describe('refunding', () => {
    it('pays back in parts up to the whole and no further', async () => {
      await gateway.charge('k1');
      const first = await gateway.refund('k1', 'r1', 4_000);
      expect(first).toMatchObject({
        status: 201,
        body: { id: expect.stringMatching(/^re_/), key: 'r1', amount: 4_000 },
      });
      expect((await gateway.lookup('k1')).body).toMatchObject({
        status: 'partially_refunded',
        refunded: 4_000,
      });
      expect(await gateway.refund('k1', 'r2', 991)).toMatchObject({
        status: 422,
        body: { error: { code: 'over_refund' } },
      });
      expect((await gateway.refund('k1', 'r2', 990)).status).toBe(201);
      expect((await gateway.lookup('k1')).body).toMatchObject({ status: 'refunded', refunded: 4_990 });
      expect((await gateway.refund('k1', 'r3', 1)).status).toBe(422);
      expect(await gateway.call('GET', '/v1/refunds/r1')).toEqual({ status: 200, body: first.body });
    });

    it('pays back once per key, also after a restart', async () => {
      await gateway.charge('k1');
      await gateway.charge('k2');
      const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.refund('k1', 'r1', 1_000)));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      await gateway.restart();
      expect(await gateway.refund('k1', 'r1', 1_000)).toEqual(answers[0]);
      expect(await gateway.refund('k1', 'r1', 999)).toMatchObject({
        status: 422,
        body: { error: { code: 'key_reused' } },
      });
      expect(await gateway.refund('k2', 'r1', 1_000)).toMatchObject({
        status: 422,
        body: { error: { code: 'key_reused' } },
      });
      expect(await gateway.ledger()).toHaveLength(3);
    });

    it('never pays back more than there was, however many ask at once', async () => {
      await gateway.charge('k1', order('tok_visa', 1_000));
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) => gateway.refund('k1', `r${at}`, 300)),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      expect((await gateway.lookup('k1')).body).toMatchObject({ refunded: 900 });
    });

    it('knows no refund of what was never charged', async () => {
      expect((await gateway.refund('nope', 'r1', 1)).status).toBe(404);
      expect((await gateway.call('GET', '/v1/refunds/r1')).status).toBe(404);
      await gateway.charge('k1', order('tok_declined'));
      expect((await gateway.refund('k1', 'r1', 1)).status).toBe(422);
      await gateway.voidCharge('k2');
      expect((await gateway.refund('k2', 'r1', 1)).status).toBe(422);
    });

    it.each([[0], [-1], [1.5], ['1'], [null]])('refuses the amount %j', async (amount) => {
      await gateway.charge('k1');
      expect((await gateway.call('POST', '/v1/charges/k1/refunds', { amount }, 'r1')).status).toBe(400);
    });
  });
});
