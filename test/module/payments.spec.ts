import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../src/common/ids.js';
import { DomainError } from '../../src/common/errors/domain-error.js';
import { ModuleTransport } from '../../src/common/messaging/module-transport.js';
import { PaymentsApi } from '../../src/modules/payments/payments.contract.js';
import { anOrderEvent } from '../builders/order-event.js';
import { eventually, startWaybill, type WaybillInside } from '../harness.js';

const AMOUNT = 4990;
const userId = newId();

interface PaymentRow {
  id: string;
  status: string;
  reason: string | null;
  refunded: string;
  gateway_reference: string | null;
}

describe('payments of the order workflow', () => {
  let waybill: WaybillInside;
  let payments: PaymentsApi;

  const charge = (orderId: string, token = 'tok_visa', amount = AMOUNT) =>
    payments.charge({ orderId, userId, amount: { amount, currency: 'EUR' }, method: 'card', token });
  const cancel = (orderId: string) => payments.cancel({ orderId, reason: 'changed their mind' });
  const codeOf = (attempt: Promise<unknown>): Promise<string> =>
    attempt.then(
      () => 'done',
      (error: unknown) => (error instanceof DomainError ? error.code : `failed: ${String(error)}`),
    );
  const rowOf = async (orderId: string) => {
    const [row] = await waybill.sql<PaymentRow>('SELECT * FROM payments.payments WHERE order_id = $1', [
      orderId,
    ]);
    return row;
  };
  const eventsOf = async (orderId: string) => {
    const text = 'SELECT name FROM payments.outbox WHERE key = $1 ORDER BY seq';
    return (await waybill.sql<{ name: string }>(text, [orderId])).map(({ name }) => name);
  };
  const ledgerOf = async (orderId: string) =>
    (await waybill.gateway.ledgerOf(orderId)).map(({ kind }) => kind);
  const keptOf = (orderId: string) => waybill.gateway.keptOf(orderId);
  const hurry = () =>
    Promise.all(
      ['payments', 'refunds'].map((table) => waybill.sql(`UPDATE payments.${table} SET due_at = now()`)),
    );
  const calm = async () => {
    await waybill.gateway.up();
    await waybill.gateway.heal();
    // Faults leave the breaker open for a while.
    await eventually(async () => expect(await codeOf(charge(newId()))).toBe('done'));
  };

  beforeAll(async () => {
    waybill = await startWaybill();
    payments = waybill.app.get<PaymentsApi>(PaymentsApi, { strict: false });
  });
  afterEach(calm);
  afterAll(() => waybill?.stop());

  describe('a charge', () => {
    it.each(['tok_visa', 'tok_mastercard', 'tok_slow'])(
      'with %s is captured once, with its event',
      async (token) => {
        const orderId = newId();
        const { paymentId, status } = await charge(orderId, token);
        expect(status).toBe('captured');
        expect(await rowOf(orderId)).toMatchObject({ id: paymentId, status: 'captured', reason: null });
        expect((await rowOf(orderId))?.gateway_reference).toMatch(/^ch_/);
        expect(await waybill.gateway.ledgerOf(orderId)).toMatchObject([{ kind: 'capture', amount: AMOUNT }]);
        expect(await eventsOf(orderId)).toEqual(['payments.captured']);
      },
    );

    it.each([
      ['tok_declined', 'PAYMENT.DECLINED', 'card_declined'],
      ['tok_insufficient_funds', 'PAYMENT.DECLINED', 'insufficient_funds'],
      ['tok_unheard_of', 'PAYMENT.INVALID_TOKEN', 'invalid_token'],
    ])('with %s is refused as %s, and again the same way whatever the token', async (token, code, reason) => {
      const orderId = newId();
      expect(await codeOf(charge(orderId, token))).toBe(code);
      expect(await rowOf(orderId)).toMatchObject({ status: 'declined', reason });
      expect(await codeOf(charge(orderId, 'tok_visa'))).toBe(code);
      expect(await eventsOf(orderId)).toEqual(['payments.declined']);
      expect(await keptOf(orderId)).toBe(0);
    });

    it('tells the reason of the gateway', async () => {
      await expect(charge(newId(), 'tok_insufficient_funds')).rejects.toThrow(/insufficient_funds/);
    });

    it('that the gateway answers with an error is closed there and refused as unavailable', async () => {
      const orderId = newId();
      expect(await codeOf(charge(orderId, 'tok_gateway_error'))).toBe('PAYMENT.GATEWAY_UNAVAILABLE');
      expect(await rowOf(orderId)).toMatchObject({ status: 'declined', reason: 'gateway_unavailable' });
      expect(await ledgerOf(orderId)).toEqual(['void']);
      expect(await eventsOf(orderId)).toEqual(['payments.declined']);
      expect(await codeOf(charge(orderId, 'tok_visa'))).toBe('PAYMENT.GATEWAY_UNAVAILABLE');
    });

    it('that was taken but never answered is found by its key', async () => {
      const orderId = newId();
      await charge(orderId, 'tok_gateway_timeout');
      expect(await rowOf(orderId)).toMatchObject({ status: 'captured' });
      expect(await ledgerOf(orderId)).toEqual(['capture']);
    });

    it('of nothing needs no gateway', async () => {
      const orderId = newId();
      await charge(orderId, 'tok_visa', 0);
      expect(await rowOf(orderId)).toMatchObject({ status: 'captured', gateway_reference: null });
      expect(await ledgerOf(orderId)).toEqual([]);
    });

    it('asked for fifty times at once takes the money once', async () => {
      const orderId = newId();
      const answers = await Promise.all(Array.from({ length: 50 }, () => charge(orderId)));
      expect(new Set(answers.map(({ paymentId }) => paymentId)).size).toBe(1);
      expect(await ledgerOf(orderId)).toEqual(['capture']);
      expect(await eventsOf(orderId)).toEqual(['payments.captured']);
    });

    it('keeps no token anywhere', async () => {
      const orderId = newId();
      await codeOf(charge(orderId, 'tok_keep_me_secret'));
      const [{ found } = { found: null }] = await waybill.sql<{ found: string }>(
        `SELECT count(*) AS found FROM (SELECT p::text AS t FROM payments.payments p
         UNION ALL SELECT o::text FROM payments.outbox o) AS everything WHERE t LIKE '%tok_keep_me_secret%'`,
      );
      expect(found).toBe('0');
    });
  });

  describe('a gateway in trouble', () => {
    it.each([
      [{ kind: 'error', status: 503 }, 'PAYMENT.GATEWAY_UNAVAILABLE', 0],
      [{ kind: 'error', status: 429 }, 'PAYMENT.GATEWAY_UNAVAILABLE', 0],
      [{ kind: 'error', status: 401 }, 'PAYMENT.GATEWAY_UNAVAILABLE', 0],
      [{ kind: 'timeout' }, 'done', AMOUNT],
      [{ kind: 'slow', delayMs: 1000 }, 'done', AMOUNT],
      [{ kind: 'decline' }, 'PAYMENT.DECLINED', 0],
    ])('with %j ends as %s', async (fault, code, kept) => {
      await waybill.gateway.fault(fault);
      const orderId = newId();
      expect(await codeOf(charge(orderId))).toBe(code);
      expect(await keptOf(orderId)).toBe(kept);
    });

    it('that resets connections is asked once more, then given up; never is money kept for a refusal', async () => {
      await waybill.gateway.fault({ kind: 'reset' });
      for (const orderId of [newId(), newId(), newId()]) {
        const code = await codeOf(charge(orderId));
        expect(['done', 'PAYMENT.GATEWAY_UNAVAILABLE']).toContain(code);
        expect(await keptOf(orderId)).toBe(code === 'done' ? AMOUNT : 0);
      }
    });

    it('that cannot even be asked leaves the outcome unknown, and the same charge settles it later', async () => {
      await waybill.gateway.fault({ kind: 'error', on: 'all' });
      const orderId = newId();
      expect(await codeOf(charge(orderId))).toBe('SERVICE.OUTCOME_UNKNOWN');
      expect(await rowOf(orderId)).toMatchObject({ status: 'unknown' });
      await waybill.gateway.heal();
      await eventually(async () => expect(await codeOf(charge(orderId))).toBe('done'));
      expect(await ledgerOf(orderId)).toEqual(['capture']);
    });

    it('that took the money in silence is asked again by the poller, without anybody calling', async () => {
      await waybill.gateway.fault({ kind: 'timeout' });
      await waybill.gateway.fault({ kind: 'error', on: 'lookup' });
      const orderId = newId();
      expect(await codeOf(charge(orderId))).toBe('SERVICE.OUTCOME_UNKNOWN');
      await waybill.gateway.heal();
      await eventually(async () => {
        await hurry();
        expect(await rowOf(orderId)).toMatchObject({ status: 'captured' });
      });
      expect(await eventsOf(orderId)).toEqual(['payments.captured']);
    });

    it('that is down is certainly not charged; when it is back, the next order goes through', async () => {
      await waybill.gateway.down();
      const orderId = newId();
      expect(await codeOf(charge(orderId))).toBe('PAYMENT.GATEWAY_UNAVAILABLE');
      expect(await rowOf(orderId)).toMatchObject({ status: 'declined', reason: 'gateway_unavailable' });
      await waybill.gateway.up();
      expect(await ledgerOf(orderId)).toEqual([]);
      await eventually(async () => expect(await codeOf(charge(newId()))).toBe('done'));
    });

    it('that is down is not taken for uncharged when somebody else took the payment up meanwhile', async () => {
      // As if another process had done so between the attempt's row and the outcome's.
      await waybill.sql('ALTER TABLE payments.payments ALTER COLUMN attempts SET DEFAULT 2');
      await waybill.gateway.down();
      const orderId = newId();
      expect(await codeOf(charge(orderId))).toBe('SERVICE.OUTCOME_UNKNOWN');
      await waybill.sql('ALTER TABLE payments.payments ALTER COLUMN attempts SET DEFAULT 1');
      expect(await rowOf(orderId)).toMatchObject({ status: 'pending' });
    });

    it('that goes down after it may have been asked is not taken for uncharged', async () => {
      await waybill.gateway.fault({ kind: 'timeout' });
      await waybill.gateway.fault({ kind: 'error', on: 'lookup' });
      const orderId = newId();
      expect(await codeOf(charge(orderId))).toBe('SERVICE.OUTCOME_UNKNOWN');
      await waybill.gateway.down();
      expect(await codeOf(charge(orderId))).toBe('SERVICE.OUTCOME_UNKNOWN');
      await waybill.gateway.up();
      await eventually(async () => expect(await codeOf(charge(orderId))).toBe('done'));
      expect(await ledgerOf(orderId)).toEqual(['capture']);
    });

    it('agrees with our books in the end, whatever happened on the way', async () => {
      await waybill.gateway.fault({ kind: 'reset', rate: 0.3, on: 'all' });
      await waybill.gateway.fault({ kind: 'error', rate: 0.2, on: 'all' });
      const orders = Array.from({ length: 30 }, newId);
      await Promise.all(orders.flatMap((orderId) => [1, 2, 3].map(() => codeOf(charge(orderId)))));
      await waybill.gateway.heal();
      for (const orderId of orders) {
        const code = await eventually(async () => {
          const settled = await codeOf(charge(orderId));
          expect(settled).not.toBe('SERVICE.OUTCOME_UNKNOWN');
          return settled;
        });
        expect(await keptOf(orderId)).toBe(code === 'done' ? AMOUNT : 0);
        expect((await rowOf(orderId))?.status).toMatch(code === 'done' ? /captured/ : /declined|refunded/);
      }
    });
  });

  describe('a cancellation', () => {
    it('that comes before the charge refuses it, and leaves no payment to be seen', async () => {
      const orderId = newId();
      expect(await cancel(orderId)).toEqual({ orderId, paymentId: null, status: null });
      expect(await codeOf(charge(orderId))).toBe('PAYMENT.CANCELLED');
      expect(await ledgerOf(orderId)).toEqual([]);
      const { body } = await waybill.api.get<{ data: unknown[] }>(`/payments?orderId=${orderId}`, {
        token: await waybill.api.token('staff'),
      });
      expect(body.data).toEqual([]);
    });

    it('pays back what was captured, once, however often it is asked', async () => {
      const orderId = newId();
      const { paymentId } = await charge(orderId);
      const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(orderId)));
      expect(answers).toContainEqual({ orderId, paymentId, status: 'refunded' });
      expect(await ledgerOf(orderId)).toEqual(['capture', 'refund']);
      expect(await eventsOf(orderId)).toEqual(['payments.captured', 'payments.refunded']);
      expect(await codeOf(charge(orderId))).toBe('PAYMENT.CANCELLED');
    });

    it('of a declined payment has nothing to do, and does not unsay why it was declined', async () => {
      const orderId = newId();
      await codeOf(charge(orderId, 'tok_declined'));
      expect(await cancel(orderId)).toMatchObject({ status: 'declined' });
      expect(await codeOf(charge(orderId))).toBe('PAYMENT.DECLINED');
    });

    it('gives back what was taken without our knowing', async () => {
      await waybill.gateway.fault({ kind: 'timeout' });
      await waybill.gateway.fault({ kind: 'error', on: 'lookup' });
      const orderId = newId();
      expect(await codeOf(charge(orderId))).toBe('SERVICE.OUTCOME_UNKNOWN');
      expect(await cancel(orderId)).toMatchObject({ status: 'refunded' });
      expect(await ledgerOf(orderId)).toEqual(['capture', 'refund']);
      expect(await eventsOf(orderId)).toEqual(['payments.refunded']);
    });

    it('closes the key of a charge that never reached the gateway', async () => {
      await waybill.gateway.fault({ kind: 'error', on: 'all' });
      const orderId = newId();
      await codeOf(charge(orderId));
      await waybill.gateway.heal();
      await eventually(async () => expect(await cancel(orderId)).toMatchObject({ status: 'declined' }));
      expect(await ledgerOf(orderId)).toEqual(['void']);
    });

    it('overtaking a charge under way takes back what it takes', async () => {
      const orderId = newId();
      const charging = codeOf(charge(orderId, 'tok_slow'));
      await eventually(async () => expect(await rowOf(orderId)).toBeDefined());
      expect(await cancel(orderId)).toMatchObject({ status: expect.stringMatching(/declined|refunded/) });
      expect(await charging).toBe('PAYMENT.CANCELLED');
      expect(await keptOf(orderId)).toBe(0);
    });

    it('racing a charge wins, whoever is first at the gateway', async () => {
      const orders = Array.from({ length: 40 }, newId);
      const codes = await Promise.all(
        orders.map(async (orderId, n) => {
          const charging = codeOf(charge(orderId));
          await sleep(n % 10);
          const cancelling = codeOf(cancel(orderId));
          return [await charging, await cancelling];
        }),
      );
      expect(new Set(codes.map(([, cancelled]) => cancelled))).toEqual(new Set(['done']));
      for (const orderId of orders) expect(await keptOf(orderId)).toBe(0);
    });

    it('goes on by itself until the gateway pays back', async () => {
      const orderId = newId();
      await charge(orderId);
      await waybill.gateway.fault({ kind: 'error', on: 'refund' });
      expect(await codeOf(cancel(orderId))).toBe('SERVICE.OUTCOME_UNKNOWN');
      expect(await keptOf(orderId)).toBe(AMOUNT);
      await waybill.gateway.heal();
      await eventually(async () => expect(await rowOf(orderId)).toMatchObject({ status: 'refunded' }));
      expect(await ledgerOf(orderId)).toEqual(['capture', 'refund']);
    });

    it('does not take a refused refund for an answer', async () => {
      const orderId = newId();
      await charge(orderId);
      await waybill.gateway.fault({ kind: 'decline', on: 'refund' });
      expect(await codeOf(cancel(orderId))).toBe('SERVICE.OUTCOME_UNKNOWN');
      await waybill.gateway.heal();
      await eventually(async () => expect(await keptOf(orderId)).toBe(0));
    });

    it('finds a refund that was done but not answered', async () => {
      const orderId = newId();
      await charge(orderId);
      await waybill.gateway.fault({ kind: 'timeout', on: 'refund' });
      expect(await cancel(orderId)).toMatchObject({ status: 'refunded' });
      expect(await ledgerOf(orderId)).toEqual(['capture', 'refund']);
    });

    it('takes back the rest when somebody paid back a part at the gateway itself', async () => {
      const orderId = newId();
      await charge(orderId);
      const answer = await fetch(`${waybill.gateway.url}/v1/charges/order:${orderId}/refunds`, {
        method: 'POST',
        headers: { 'idempotency-key': newId() },
        body: JSON.stringify({ amount: 1000 }),
      });
      expect(answer.status).toBe(201);
      expect(await cancel(orderId)).toMatchObject({ status: 'refunded' });
      expect(await keptOf(orderId)).toBe(0);
    });
  });

  describe('the end of an order', () => {
    const tell = (orderId: string, change: 'failed' | 'cancelled') =>
      waybill.app.get(ModuleTransport).deliverOrPark('payments', anOrderEvent(change, userId, { orderId }));

    it.each(['failed', 'cancelled'] as const)(
      'gives the money back when it is %s, told twice or not',
      async (change) => {
        const orderId = newId();
        await charge(orderId);
        await Promise.all([tell(orderId, change), tell(orderId, change)]);
        await eventually(async () => expect(await rowOf(orderId)).toMatchObject({ status: 'refunded' }));
        expect(await ledgerOf(orderId)).toEqual(['capture', 'refund']);
      },
    );

    it('refuses a charge that comes after it', async () => {
      const orderId = newId();
      await tell(orderId, 'failed');
      expect(await codeOf(charge(orderId))).toBe('PAYMENT.CANCELLED');
    });
  });
});
