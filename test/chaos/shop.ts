import type { Buyer } from './driver.js';
import { HttpClient } from './http-client.js';

/** Demo products with a lot of stock for load, and one that runs out soon. */
export const PLENTY = ['MUG-001', 'MUG-002', 'NOTE-001', 'TEE-001', 'TOTE-001', 'SOCKS-001'] as const;
export const SCARCE = 'CAP-002';

/** Logs the demo customers in. */
export async function demoBuyers(url: string): Promise<Buyer[]> {
  const client = new HttpClient(url);
  try {
    return await Promise.all(
      ['alice', 'bob'].map(async (name) => {
        const token = await client.login(`${name}@waybill.test`);
        const { body } = await client.send({ method: 'GET', path: '/api/v1/users/me', token });
        return { id: String(body['id']), token };
      }),
    );
  } finally {
    client.close();
  }
}

/** Changes what lies in the main warehouse, as staff. */
export async function deliver(url: string, skus: readonly string[], delta: number): Promise<void> {
  const client = new HttpClient(url);
  try {
    const token = await client.login('staff@waybill.test');
    for (const sku of skus) {
      const body = { sku, warehouse: 'main', delta, reason: 'delivery for a test' };
      const key = `${sku}${delta}-${process.hrtime.bigint()}`;
      const answer = await client.send({
        method: 'POST',
        path: '/api/v1/inventory/adjust',
        token,
        key,
        body,
      });
      if (answer.status !== 200) throw new Error(`Stock of ${sku}: ${JSON.stringify(answer.body)}`);
    }
  } finally {
    client.close();
  }
}
