import { anOrder } from '../builders/order.builder.js';
import type { Waybill } from '../harness.js';
import { Observer } from './observer.js';

/** Orders and a gateway in trouble, wherever the modules run. */
export function ordersAndAGatewayInTrouble(running: () => Waybill): void {
  let waybill: Waybill;
  let see: Observer;

  beforeAll(() => {
    waybill = running();
    see = new Observer(waybill);
  });
  afterEach(async () => {
    await waybill.gateway.up();
    await waybill.gateway.heal();
  });

  it('refuses at once while the gateway is down, and confirms when it is back', async () => {
    await waybill.gateway.down();
    const refused = await see.place(anOrder().build(), { user: 'bob' });
    expect([refused.status, refused.body.code]).toEqual([503, 'PAYMENT.GATEWAY_UNAVAILABLE']);
    const order = await see.settled((await see.latestOrderOf('bob')).id);
    expect(order.status).toBe('failed');

    await waybill.gateway.up();
    const placed = await placeUntilConfirmed();
    expect(await waybill.gateway.keptOf(placed)).toBeGreaterThan(0);
    expect(await waybill.gateway.keptOf(order.id)).toBe(0);
  });

  it('answers 202 while nobody can say, and settles by itself when the gateway can', async () => {
    await waybill.gateway.fault({ kind: 'error', status: 503, on: 'all' });
    const { status, body } = await see.place(anOrder().build());
    expect(status).toBe(202);
    expect(body.status).toBe('pending');

    await waybill.gateway.heal();
    const settled = await see.settled(body.id);
    const kept = await waybill.gateway.keptOf(body.id);
    expect(kept).toBe(settled.status === 'confirmed' ? settled.total.amount : 0);
  });

  it('never charges twice over connections that break before and after the charge', async () => {
    await waybill.gateway.fault({ kind: 'reset', rate: 0.5, on: 'charge' });
    const placed = await Promise.all(
      Array.from({ length: 20 }, () => see.place(anOrder().build(), { user: 'bob' })),
    );
    await waybill.gateway.heal();
    for (const { status, body } of placed) {
      expect([201, 202, 503]).toContain(status);
      if (status === 503) continue;
      const order = await see.settled(body.id);
      const kept = await waybill.gateway.keptOf(body.id);
      expect([order.number, kept]).toEqual([
        order.number,
        order.status === 'confirmed' ? order.total.amount : 0,
      ]);
      expect(
        (await waybill.gateway.ledgerOf(body.id)).filter(({ kind }) => kind === 'capture').length,
      ).toBeLessThanOrEqual(1);
    }
  });

  it('answers within its time when the gateway takes for ever', async () => {
    await waybill.gateway.fault({ kind: 'slow', delayMs: 8000, on: 'charge' });
    const { status, body } = await see.place(anOrder().build());
    expect([202, 503]).toContain(status);
    await waybill.gateway.heal();
    const order = status === 202 ? await see.settled(body.id) : await see.latestOrderOf('alice');
    expect(await waybill.gateway.keptOf(order.id)).toBe(
      order.status === 'confirmed' ? order.total.amount : 0,
    );
  });

  /** The breaker in front of the gateway may need a few seconds to trust it again. */
  async function placeUntilConfirmed(): Promise<string> {
    const end = Date.now() + 20_000;
    for (;;) {
      const { status, body } = await see.place(anOrder().build());
      if (status === 201) return body.id;
      if (Date.now() > end) throw new Error(`still ${status} ${body.code}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
