import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { anOrder } from '../builders/order.builder.js';
import { eventually } from '../harness.js';
import { type SplitWaybill, startSplit } from '../split.js';
import { Observer } from '../workflow/observer.js';

const ROOT = join(__dirname, '../..');

describe('an event that a module cannot take in', () => {
  let waybill: SplitWaybill;
  let see: Observer;

  beforeAll(async () => {
    waybill = await startSplit({ env: { EVENT_ATTEMPTS: '3' } });
    see = new Observer(waybill);
  });
  afterAll(() => waybill?.stop());

  /** Runs `npm run events -- …` and gives what it printed as JSON. */
  async function events<T>(...args: string[]): Promise<T> {
    const program = join(ROOT, 'scripts/events.js');
    const { stdout } = await promisify(execFile)(process.execPath, [
      program,
      ...args,
      '--json',
      '--url',
      waybill.url,
    ]);
    return JSON.parse(stdout) as T;
  }

  it('ends as a dead letter with its reason, holds up none behind it, and is taken in once the module is mended', async () => {
    // As a mistake in the module would have it: it cannot write down mails to this user's first order of tea.
    await waybill.sql(
      `ALTER TABLE notifications.notifications ADD CONSTRAINT broken CHECK (body NOT LIKE '%51.60%')`,
    );
    const poison = await see.place(anOrder().withLine('MUG-001', 4).build());
    expect([poison.status, poison.body.total.amount]).toEqual([201, 5160]);

    const next = await see.place(anOrder().withLine('MUG-001', 1).build());
    await eventually(async () => expect(await see.mails(next.body.id)).toHaveLength(1));

    const dead = await eventually(async () => {
      const { data } = await events<{ data: { id: string; name: string; reason: string }[] }>(
        'dead-letters',
        '--module',
        'notifications',
      );
      expect(data).toHaveLength(1);
      return data[0];
    }, 20_000);
    expect(dead).toMatchObject({ name: 'orders.confirmed', reason: expect.stringContaining('broken') });
    expect(await see.mails(poison.body.id)).toEqual([]);

    await waybill.sql('ALTER TABLE notifications.notifications DROP CONSTRAINT broken');
    await events('retry', '--module', 'notifications');
    await eventually(async () =>
      expect((await see.mails(poison.body.id)).map(({ template }) => template)).toEqual(['order-confirmed']),
    );
    expect(await events('dead-letters', '--module', 'notifications')).toMatchObject({ data: [] });
  });
});
