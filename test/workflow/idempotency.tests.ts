import { anOrder } from '../builders/order.builder.js';
import { eventually, type Waybill } from '../harness.js';
import { Observer } from './observer.js';

/** Idempotency keys of orders, wherever the modules run. */
export function idempotencyKeysOfOrders(running: () => Waybill): void {
  let waybill: Waybill;
  let see: Observer;

  beforeAll(() => {
    waybill = running();
    see = new Observer(waybill);
  });

  it('answers the first answer again, and places one order', async () => {
    const body = anOrder().withLine('MUG-001', 1).build();
    const first = await see.place(body, { key: 'again-1' });
    const second = await see.place(body, { key: 'again-1' });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(await waybill.gateway.ledgerOf(first.body.id)).toHaveLength(1);
  });

  it('answers the first answer even after the order has gone on', async () => {
    const body = anOrder().build();
    const first = await see.place(body, { key: 'moved-on' });
    await waybill.api.put(
      `/orders/${first.body.id}`,
      { status: 'processing' },
      { token: await waybill.api.token('staff') },
    );
    expect((await see.place(body, { key: 'moved-on' })).body).toEqual(first.body);
  });

  it('answers a refusal again', async () => {
    const body = anOrder().paidWith('tok_declined').build();
    const first = await see.place(body, { key: 'declined' });
    const second = await see.place(body, { key: 'declined' });
    expect([first.status, first.body.code]).toEqual([402, 'PAYMENT.DECLINED']);
    expect([second.status, second.body.code, second.body.detail]).toEqual([
      402,
      'PAYMENT.DECLINED',
      first.body.detail,
    ]);
  });

  it('refuses the key with another body', async () => {
    await see.place(anOrder().withLine('MUG-001', 1).build(), { key: 'reused' });
    const other = await see.place(anOrder().withLine('MUG-001', 2).build(), { key: 'reused' });
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY.KEY_REUSED']);
  });

  it('answers 409 with Retry-After while the first is in flight', async () => {
    const body = anOrder().paidWith('tok_slow').build();
    const first = see.place(body, { key: 'in-flight' });
    await eventually(async () => {
      expect((await see.latestOrderOf('alice')).status).toBe('pending');
    });
    const second = await see.place(body, { key: 'in-flight' });
    expect([second.status, second.body.code]).toEqual([409, 'IDEMPOTENCY.IN_FLIGHT']);
    expect(second.headers.get('retry-after')).toBe('1');
    expect((await first).status).toBe(201);
    expect((await see.place(body, { key: 'in-flight' })).status).toBe(201);
  });

  it('belongs to one user', async () => {
    const body = anOrder().build();
    const alice = await see.place(body, { key: 'shared', user: 'alice' });
    const bob = await see.place(body, { key: 'shared', user: 'bob' });
    expect([alice.status, bob.status]).toEqual([201, 201]);
    expect(bob.body.id).not.toBe(alice.body.id);
  });

  it('frees the key when a dependency was down, so that the same request may be tried again', async () => {
    await waybill.gateway.fault({ kind: 'error', on: 'charge' });
    const body = anOrder().build();
    const first = await see.place(body, { key: 'freed' });
    expect([first.status, first.body.code]).toEqual([503, 'PAYMENT.GATEWAY_UNAVAILABLE']);
    await waybill.gateway.heal();
    await eventually(async () => {
      expect((await see.place(body, { key: 'freed' })).status).toBe(201);
    }, 20_000);
  });

  it('refuses a key that is no key', async () => {
    for (const key of ['', ' ', 'x'.repeat(201), 'with space', 'ä']) {
      const answer = await see.place(anOrder().build(), { key }).catch(() => null);
      if (answer && key !== '') expect(answer.body.code).toBe('IDEMPOTENCY.KEY_INVALID');
    }
  });
}
