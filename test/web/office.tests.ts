import type { Browser, Page } from 'playwright-core';
import { newId } from '../../src/common/ids.js';
import { Api } from '../api.js';
import { anOrder } from '../builders/order.builder.js';
import { eventually } from '../eventually.js';
import { complaintsOfAxe } from './axe.js';
import { startChromium } from './chromium.js';
import { visit, type Visit } from './shop.js';
import type { Stage } from './stages.js';

/** Text that would do harm wherever it were taken for HTML. */
const HOSTILE = '<img src=x onerror=complain(1)><b>Bold</b>';
export const GRAFANA_URL = 'http://grafana.example/g';

interface Order {
  id: string;
  number: string;
  payment: { id: string };
}

/** What staff do, wherever the modules run. With `page`, also what is the same wherever they do. */
export function officeTests(start: () => Promise<Stage>, { page: withPage }: { page: boolean }): void {
  const ofThePage: (name: string, test: () => Promise<void>) => void = withPage ? it : () => undefined;
  let waybill: Stage;
  let api: Api;
  let browser: Browser;
  const visits: Visit[] = [];
  let staff: Page;

  beforeAll(async () => {
    [browser, waybill] = await Promise.all([startChromium(), start()]);
    api = new Api(waybill.url);
    staff = await pageOf('Staff');
  });
  afterAll(async () => {
    await browser?.close();
    await waybill?.stop();
  });
  afterEach(async () => {
    const complaints = visits.flatMap((each) => each.complaints.splice(0));
    // Staff stay.
    for (const { context } of visits.splice(1)) await context.close();
    expect(complaints).toEqual([]);
  });

  /** A phone of somebody who is logged in. */
  const pageOf = async (name: 'Alice' | 'Bob' | 'Staff' | 'Admin'): Promise<Page> => {
    const visitor = await visit(browser, waybill.url);
    visits.push(visitor);
    await visitor.page.goto('/login');
    await visitor.page.getByRole('button', { name: `Continue as ${name}` }).click();
    await visitor.page.getByRole('button', { name: 'Log out' }).waitFor();
    return visitor.page;
  };
  const anOrderOf = async (user: 'alice' | 'bob', order = anOrder().build()): Promise<Order> => {
    const { status, body } = await api.post<Order>('/orders', order, { token: await api.token(user) });
    expect(status).toBe(201);
    return body;
  };
  const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });
  const entries = (page: Page) => page.locator('.mantine-Timeline-item');

  it('ships an order, and the page of its customer changes by itself', async () => {
    const { id, number } = await anOrderOf('alice', { ...anOrder().build(), note: HOSTILE });
    const alice = await pageOf('Alice');
    await alice.goto(`/orders/${id}`);
    await heading(alice, `Order ${number}`).waitFor();

    await staff.getByRole('link', { name: 'Back office' }).click();
    await staff.getByRole('searchbox', { name: 'Order number' }).fill(number);
    await staff.getByRole('link', { name: number }).click();
    await heading(staff, `Order ${number}`).waitFor();
    expect(await staff.getByText(HOSTILE).count()).toBe(1);
    await staff.getByRole('button', { name: 'Start packing' }).click();
    await staff.getByRole('button', { name: 'Mark as shipped' }).click();
    await staff.getByRole('button', { name: 'Mark as delivered' }).waitFor();
    await alice.getByRole('status').filter({ hasText: 'On its way' }).waitFor();

    // All that happened, of each kind, and each leads to its trace.
    for (const text of [
      'Placed',
      'Charge of €12.90: Captured',
      'Sold: 1 × MUG-001, main',
      'Message: orders.confirmed',
      'Message: inventory.committed',
      `Email: Order ${number}`,
      'On its way',
    ])
      await entries(staff).filter({ hasText: text }).first().waitFor();
    const count = await entries(staff).count();
    expect(
      await entries(staff)
        .getByText(/^Trace [\da-f]{32}/)
        .count(),
    ).toBe(count);
    if (withPage) {
      const link = entries(staff)
        .getByRole('link', { name: /^Trace [\da-f]{32} \S/ })
        .first();
      expect(await link.getAttribute('href')).toMatch(
        /^http:\/\/grafana\.example\/g\/explore\?.*%22query%22%3A%22[\da-f]{32}%22/,
      );
    }
    await staff.getByRole('checkbox', { name: 'Messages between modules' }).uncheck();
    await eventually(async () =>
      expect(await entries(staff).filter({ hasText: 'Message:' }).count()).toBe(0),
    );
  });

  ofThePage('pays back a part, and all of it when the order is cancelled', async () => {
    const { id } = await anOrderOf('bob');
    await staff.goto(`/office/orders/${id}`);
    await staff.getByRole('button', { name: 'Pay back, of €12.90' }).click();
    const dialog = staff.getByRole('dialog');
    await dialog.getByLabel('Amount in EUR').fill('5');
    await dialog.getByLabel('Why?').fill('scratched');
    await dialog.getByRole('button', { name: 'Pay back €5.00' }).click();
    await staff.getByRole('status').filter({ hasText: 'Paid back: €5.00' }).waitFor();
    await entries(staff)
      .filter({ hasText: 'Refund of €5.00: Done' })
      .filter({ hasText: 'scratched' })
      .waitFor();

    await staff.getByRole('button', { name: 'Cancel…' }).click();
    await dialog.getByLabel('Why?').fill('out of fashion');
    await dialog.getByRole('button', { name: 'Cancel the order' }).click();
    await staff.getByRole('status').filter({ hasText: 'Cancelled' }).waitFor();
    await entries(staff).filter({ hasText: 'Refund of €7.90: Done' }).waitFor();
    await entries(staff).filter({ hasText: 'Put back on the shelf: 1 × MUG-001' }).waitFor();
    expect(await staff.getByRole('button', { name: /^Pay back/ }).count()).toBe(0);
  });

  it('moves many orders at once, and says which of them it did not, and why', async () => {
    const [first, second] = [await anOrderOf('bob'), await anOrderOf('bob')];
    const token = await api.token('staff');
    expect((await api.delete(`/orders/${second.id}`, { token })).status).toBe(200);
    await staff.goto('/office/orders');
    for (const { number } of [first, second])
      await staff.getByRole('checkbox', { name: `Select ${number}` }).check();
    await staff.getByText('2 orders selected').waitFor();
    await staff.getByRole('button', { name: 'Start packing' }).click();
    const report = staff.getByRole('alert').filter({ hasText: '1 of 2 orders changed' });
    await report
      .getByText(`${second.number}: The order is cancelled and cannot become processing; it stays as it is`)
      .waitFor();
    // Only what was not changed is still selected.
    await staff.getByText('1 order selected').waitFor();
    const row = staff.getByRole('row').filter({ hasText: first.number });
    await row.getByText('Being packed').waitFor();
  });

  it('shows what runs low as soon as it does, and who corrected the stock', async () => {
    await staff.goto('/office/stock?low=true');
    await staff.getByRole('link', { name: 'CAP-002' }).waitFor();
    expect(await staff.getByRole('link', { name: 'PEN-002' }).count()).toBe(0);

    const second = await staff.context().newPage();
    await second.goto('/office/stock/PEN-002');
    await second.getByLabel('Change (negative').fill('-61');
    await second.getByLabel('Reason').fill('dried out');
    await second.getByRole('button', { name: 'Correct' }).click();
    await second.getByRole('alert').filter({ hasText: 'Less would be left than is reserved' }).waitFor();
    await second.getByLabel('Change (negative').fill('-58');
    await second.getByRole('button', { name: 'Correct' }).click();
    await second.getByRole('status').filter({ hasText: 'Corrected: 2 available.' }).waitFor();
    const row = second.getByRole('row').filter({ hasText: 'dried out' });
    await row.getByText('by you').waitFor();
    await staff.getByRole('link', { name: 'PEN-002' }).waitFor();
  });

  ofThePage('adds a product, and takes it off sale', async () => {
    const sku = `NEW-${newId().slice(-12).toUpperCase()}`;
    await staff.goto('/office/products/new');
    await staff.getByLabel('SKU').fill('MUG-001');
    await staff.getByLabel('Name').fill(HOSTILE);
    await staff.getByLabel('Price').fill('12.34');
    await staff.getByRole('button', { name: 'Add the product' }).click();
    await staff.getByRole('alert').filter({ hasText: 'Choose another SKU' }).waitFor();
    await staff.getByLabel('SKU').fill(sku);
    await staff.getByRole('button', { name: 'Add the product' }).click();
    await staff.getByText('is in the catalogue').waitFor();
    await staff.goto(`/office/products?q=${sku}`);
    await staff.getByRole('button', { name: 'Take off sale' }).click();
    await staff.getByRole('button', { name: 'Put on sale' }).waitFor();
    const { body } = await api.get<object>(`/products/${sku}`);
    expect(body).toMatchObject({ name: HOSTILE, price: { amount: 1234, currency: 'EUR' }, active: false });
  });

  ofThePage('is for staff, and users are for administrators', async () => {
    const bob = await pageOf('Bob');
    expect(await bob.getByRole('link', { name: 'Back office' }).count()).toBe(0);
    await bob.goto('/office/orders');
    await heading(bob, 'This page is for staff').waitFor();
    await staff.goto('/office/users');
    await heading(staff, 'This page is for staff').waitFor();

    const admin = await pageOf('Admin');
    await admin.goto('/office/users?q=bob');
    await admin.getByRole('link', { name: 'Bob' }).click();
    await admin.getByRole('checkbox', { name: 'Staff' }).check();
    await admin.getByRole('button', { name: 'Save' }).click();
    await admin.getByRole('status').filter({ hasText: 'Saved.' }).waitFor();
    // His session ended with his old roles: he logs in anew.
    await bob.goto('/login');
    await bob.getByRole('button', { name: 'Continue as Bob' }).click();
    await bob.getByRole('link', { name: 'Back office' }).waitFor();

    await admin.goto('/office/users?q=admin');
    await admin.getByRole('link', { name: 'Admin' }).click();
    // Nobody locks themselves out.
    await admin.getByText('Your own roles and state').waitFor();
    for (const what of ['Customer', 'Staff', 'Administrator'])
      expect([what, await admin.getByRole('checkbox', { name: what }).isDisabled()]).toEqual([what, true]);
    expect(await admin.getByLabel('State').isDisabled()).toBe(true);
  });

  ofThePage(
    'has nothing that keeps people out, as far as axe can tell, in light colours and in dark',
    async () => {
      const { id, payment } = await anOrderOf('alice');
      const admin = await pageOf('Admin');
      for (const [path, ready] of [
        ['/office/orders', 'Start packing'],
        [`/office/orders/${id}`, 'Message: orders.confirmed'],
        ['/office/stock', 'CAP-002'],
        ['/office/stock/MUG-001', 'demo stock'],
        ['/office/payments', '€12.90'],
        [`/office/payments/${payment.id}`, 'What was done'],
        ['/office/products', 'Take off sale'],
        ['/office/products/new', 'Add the product'],
        ['/office/users', 'alice@waybill.test'],
      ] as const) {
        await admin.goto(path);
        await admin.getByText(ready).first().waitFor();
        const looks = [await complaintsOfAxe(admin)];
        await admin.emulateMedia({ colorScheme: 'dark' });
        looks.push(await complaintsOfAxe(admin, ['color-contrast']));
        await admin.emulateMedia({ colorScheme: 'light' });
        const tooWide = await admin.evaluate<number>(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        expect({ path, looks, tooWide }).toEqual({ path, looks: [[], []], tooWide: 0 });
      }
    },
  );
}
