import { startWaybill, type WaybillInside } from '../harness.js';
import { SigningKeys } from '../../src/modules/users/auth/signing-keys.js';
import { UnitOfWork } from '../../src/common/persistence/unit-of-work.js';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DEMO_PASSWORD } from '../../src/modules/users/demo/demo-users.js';
import { Client } from 'pg';

describe('the signing keys', () => {
  let waybill: WaybillInside;
  let keys: SigningKeys;

  beforeAll(async () => {
    waybill = await startWaybill();
    keys = waybill.app.get(SigningKeys, { strict: false });
  });
  afterAll(() => waybill.stop());

  const stored = () =>
    waybill.sql<{ kid: string; active: boolean; retired: boolean }>(
      'SELECT kid, active_from <= now() AS active, retired_at IS NOT NULL AS retired FROM users.signing_keys ORDER BY created_at',
    );
  const age = (interval: string) =>
    waybill.sql(
      `UPDATE users.signing_keys SET created_at = created_at - interval '${interval}',
         active_from = active_from - interval '${interval}', retired_at = retired_at - interval '${interval}'`,
    );
  /** Another process on the same database: it has loaded nothing yet. */
  const anotherProcess = () =>
    new SigningKeys(new UnitOfWork('users', waybill.app.get(getDataSourceToken('users'))));
  const publishedKids = async () => (await keys.published()).keys.map(({ kid }) => kid);

  it('are one key, even when many processes start at once', async () => {
    await waybill.sql('DELETE FROM users.signing_keys');
    const processes = Array.from({ length: 6 }, anotherProcess);
    await Promise.all(processes.map((each) => each.onModuleInit()));
    expect(await stored()).toHaveLength(1);
    expect(new Set(processes.map((each) => each.current().kid)).size).toBe(1);
    await keys.onModuleInit();
  });

  it('stay when a process starts again', async () => {
    const before = await stored();
    await anotherProcess().onModuleInit();
    expect(await stored()).toEqual(before);
  });

  it('are rotated after 30 days, by one process: published first, signing ten minutes later', async () => {
    const old = keys.current().kid;
    await age('31 days');
    const processes = Array.from({ length: 4 }, anotherProcess);
    await Promise.all(processes.map((each) => each.onModuleInit()));
    const [first, second, ...more] = await stored();
    expect(more).toEqual([]);
    expect(first).toMatchObject({ kid: old, active: true, retired: true });
    expect(second).toMatchObject({ active: false, retired: false });
    expect(processes[0]?.current().kid).toBe(old);
    expect(await publishedKids()).toEqual([second?.kid, old]);

    const token = await waybill.api.login('alice@waybill.test', DEMO_PASSWORD);
    await age('11 minutes');
    await keys.onModuleInit();
    expect(keys.current().kid).toBe(second?.kid);
    const newer = await waybill.api.login('alice@waybill.test', DEMO_PASSWORD);
    for (const each of [token, newer])
      expect((await waybill.api.get('/users/me', { token: each })).status).toBe(200);
  });

  it('are withdrawn when no token of theirs can be alive', async () => {
    await age('70 minutes');
    expect(await publishedKids()).toEqual([keys.current().kid]);
  });

  it('can be rotated by hand', async () => {
    const before = keys.current().kid;
    await keys.rotate();
    expect(await publishedKids()).toHaveLength(2);
    expect(keys.current().kid).toBe(before);
  });

  it('can be read by no other module', async () => {
    const url = new URL(waybill.databaseUrl);
    const { options } = waybill.app.get(getDataSourceToken('orders')) as { options: { url: string } };
    const orders = new Client({ connectionString: options.url });
    await orders.connect();
    try {
      expect(new URL(options.url).username).not.toBe(url.username);
      await expect(orders.query('SELECT private_jwk FROM users.signing_keys')).rejects.toThrow(
        /permission denied/,
      );
    } finally {
      await orders.end();
    }
  });
});
