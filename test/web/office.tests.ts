import type { Browser, Page } from 'playwright-core';
import { Api } from '../api.js';
import { anOrder } from '../builders/order.builder.js';
import { eventually } from '../eventually.js';
import { isFocused, visit, type Visit } from './shop.js';
import type { Stage } from './stages.js';
import { eachHasAVisitor } from './visitors.js';

const HOSTILE = '<img src=x onerror=complain(1)><b>Bold</b>';

interface Order {
  id: string;
  number: string;
  userId: string;
}

/** What staff do, wherever the modules run. With `page`, also what is the same wherever they do. */
export function officeTests(start: () => Promise<Stage>, { page: withPage }: { page: boolean }): void {
  const ofThePage: (name: string, test: () => Promise<void>) => void = withPage ? it : () => undefined;
  let waybill: Stage;
  let browser: Browser;
  let visitor: Visit;
  let page: Page;
  let api: Api;

  eachHasAVisitor(
    start,
    (visited) => {
      ({ waybill, browser, visitor, page } = visited);
      api = new Api(waybill.url);
    },
    { width: 1100 },
  );

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const link = (name: string | RegExp) => page.getByRole('link', { name });
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });
  const row = (text: string | RegExp) => page.getByRole('row').filter({ hasText: text });

  async function logIn(as: 'Staff' | 'Admin' | 'Alice', next: string): Promise<void> {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await button(`Continue as ${as}`).click();
  }

  async function placed(by: 'alice' | 'bob' = 'alice', order = anOrder()): Promise<Order> {
    const { status, body } = await api.post<Order>('/orders', order.build(), { token: await api.token(by) });
    expect(status).toBe(201);
    return body;
  }

  ofThePage('is for staff only, and its users for administrators', async () => {
    await logIn('Alice', '/office/orders');
    await page.getByText('This page is for staff.').waitFor();
    expect(await link('Back office').count()).toBe(0);
    await button('Log out').click();
    await link('Log in').waitFor();
    await logIn('Staff', '/office/users');
    await page.getByText('This page is for staff.').waitFor();
    expect(await link('Users').count()).toBe(0);
  });

  it('finds orders, brings many on at once, and says which could not follow; their owners see it', async () => {
    const [first, second, third] = [await placed(), await placed(), await placed()];
    const owner = await visit(browser, waybill.url);
    await owner.page.goto(`/login?next=/orders/${first.id}`);
    await owner.page.getByRole('button', { name: 'Continue as Alice' }).click();
    await owner.page.getByRole('status').filter({ hasText: 'Confirmed' }).waitFor();

    await logIn('Staff', '/');
    await link('Back office').click();
    await heading('Orders').waitFor();
    await page.getByLabel('Number').fill(first.number);
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await page.getByRole('row').count()).toBe(2));
    expect(await page.getByLabel('Number').evaluate(isFocused)).toBe(true);
    await page.getByLabel('Number').fill('');
    await button('Search').click();
    await page.getByLabel('State').selectOption('Confirmed');
    await page.goBack();
    await eventually(async () => expect(await page.getByLabel('State').inputValue()).toBe(''));
    await page.getByLabel('State').selectOption('Confirmed');
    for (const { number } of [first, second, third]) await page.getByLabel(`Select ${number}`).check();
    await page.getByText('3 selected').waitFor();

    // Somebody else is faster.
    const token = await api.token('staff');
    await page.route('**/api/v1/orders?*', (route) => route.abort());
    expect((await api.put(`/orders/${third.id}`, { status: 'cancelled' }, { token })).status).toBe(200);
    await button('Start packing').click();
    await page.getByText('2 of 3 changed.').waitFor();
    await page.getByText(new RegExp(`^${third.number}: `)).waitFor();
    await page.getByText('1 selected').waitFor();
    await page.unroute('**/api/v1/orders?*');
    await owner.page.getByRole('status').filter({ hasText: 'Being packed' }).waitFor();

    await page.goto('/office/orders?status=processing');
    await page.getByLabel(`Select ${first.number}`).check();
    await button('Mark as shipped').click();
    await page.getByText('1 of 1 changed.').waitFor();
    await eventually(async () => expect(await page.getByLabel(`Select ${first.number}`).count()).toBe(0));
    await owner.page.getByRole('status').filter({ hasText: 'On its way' }).waitFor();

    await owner.page.goto(`/orders/${second.id}`);
    await page.getByLabel(`Select ${second.number}`).check();
    await button('Cancel…').click();
    await button('Leave it as it is').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await button('Cancel…').click();
    await page.getByLabel('Why? The customer reads this.').fill('no cartons left');
    await button('Cancel the order').click();
    await page.getByText('1 of 1 changed.').waitFor();
    await owner.page.getByRole('status').filter({ hasText: 'Cancelled' }).waitFor();
    await owner.page.getByText('no cartons left').waitFor();
    expect(owner.complaints).toEqual([]);
    await owner.context.close();
  });

  ofThePage('lists the orders of a customer, and all there are where an address makes no sense', async () => {
    const ofAlice = await placed();
    const ofBob = await placed('bob');
    await logIn('Staff', `/office/orders/${ofBob.id}`);
    await link("All of this customer's orders").click();
    await page.getByText('Only orders of one customer.').waitFor();
    await row(ofBob.number).waitFor();
    expect(await row(ofAlice.number).count()).toBe(0);
    await link('Show those of all customers').click();
    await row(ofAlice.number).waitFor();
    await page.goto('/office/orders?from=yesterday&to=2026-99-99&status=lost');
    await row(ofAlice.number).waitFor();
  });

  ofThePage(
    'shows all that happened to an order, with its traces, and gives a part of the money back',
    async () => {
      const { id, number } = await placed();
      const token = await api.token('staff');
      const history = await api.get<{ data: { traceId: string }[] }>(`/orders/${id}/history`, { token });
      const traceId = history.body.data[0]?.traceId ?? '';
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);

      await logIn('Staff', `/office/orders/${id}`);
      await heading(`Order ${number}`).waitFor();
      const entry = (text: RegExp) => page.locator('.mantine-Timeline-item').filter({ hasText: text });
      for (const text of [
        /^Order: Being placed/,
        /^Stock: Reserved: MUG-001, main ?Reserved \+1, order placed/,
        /^Payment: €\d+\.\d\d: paid/,
        /^Order: Confirmed/,
        /^Stock: Sold: MUG-001/,
        /^Between modules: payments\.captured/,
        /^Between modules: inventory\.committed/,
        new RegExp(`^Message: Order ${number} is confirmed \\(Email, sent\\)`),
      ])
        await entry(text).getByText(traceId).waitFor();

      const href = await link(traceId).first().getAttribute('href');
      const { origin, pathname, searchParams } = new URL(href ?? '');
      expect([origin, pathname]).toEqual(['http://grafana.example', '/behind/a/path/explore']);
      expect(JSON.parse(searchParams.get('panes') ?? '')).toMatchObject({
        trace: { datasource: 'tempo', queries: [{ query: traceId }] },
      });

      await page.getByRole('checkbox', { name: 'Stock' }).focus();
      await page.keyboard.press('Space');
      await entry(/^Stock: /)
        .first()
        .waitFor({ state: 'detached' });
      await entry(/^Payment: /).waitFor();

      // What others order is nothing to ask this order again for.
      const asked: string[] = [];
      page.on('request', (request) => void asked.push(new URL(request.url()).pathname));
      const list = await visitor.context.newPage();
      await list.goto('/office/orders');
      const { number: another } = await placed('bob');
      await list.getByRole('link', { name: another }).waitFor();
      expect(asked.filter((path) => path === `/api/v1/orders/${id}`)).toEqual([]);

      await page.getByLabel('Amount in EUR').fill('5');
      await page.getByLabel('Reason').fill('scratched');
      await page.route('**/refund', async (route) =>
        route.fulfill({
          status: 202,
          json: (await api.get<{ data: object[] }>(`/payments`, { token })).body.data[0],
        }),
      );
      await button('Refund €5.00').click();
      await page.getByText('The gateway has not answered yet.').waitFor();
      // Nobody gives it back twice by a second click.
      expect(await page.getByLabel('Amount in EUR').inputValue()).toBe('');
      await page.unroute('**/refund');
      await page.getByLabel('Amount in EUR').fill('5');
      await button('Refund €5.00').click();
      await page.getByText(/: partly refunded \(€5\.00 given back\)$/).waitFor();
      const refund = entry(/^Refund: €5\.00: given back/).filter({ hasText: 'scratched' });
      await refund.waitFor();
      const refundTrace = /[\da-f]{32}/.exec(await refund.innerText())?.[0] ?? '';
      expect([refundTrace.length, refundTrace === traceId]).toEqual([32, false]);
      for (const text of [/^Between modules: payments\.refunded/, /^Message: We refunded 5\.00 EUR/])
        await entry(text).getByText(refundTrace).first().waitFor();
      // More than is left is no amount: it becomes what is left.
      await page.getByLabel('Amount in EUR').fill('999');
      await page.getByLabel('Reason').focus();
      expect(await page.getByLabel('Amount in EUR').inputValue()).toMatch(/^\d{1,2}\.\d\d$/);
      // It was paid, whatever became of it later.
      await entry(/^Payment: €\d+\.\d\d: paid/).waitFor();

      await page.goto('/office/payments?status=partially_refunded');
      await row('€5.00').first().waitFor();
      const today = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
      await page.getByLabel('From').fill('2020-01-01');
      await page.getByLabel('To').fill('2020-01-02');
      await button('Search').click();
      await page.getByText('No payment is like that.').waitFor();
      await page.getByLabel('From').fill(today);
      await page.getByLabel('To').fill(today);
      await button('Search').click();
      await row('€5.00').first().getByRole('link').first().click();
      await heading(/^Payment of €/).waitFor();
      await page.getByText(/^At the gateway: ch_/).waitFor();
      await entry(/^Refund: €5\.00: given back/)
        .getByText(refundTrace)
        .waitFor();

      await page.goto(`/office/orders/${id}`);
      await button('Start packing').click();
      await page.getByRole('status').filter({ hasText: 'Being packed' }).waitFor();
    },
  );

  it('adjusts stock, shows each movement, and tells what is low as soon as it is', async () => {
    await logIn('Staff', '/office/stock?q=CAN&low=true');
    await heading('Stock').waitFor();
    const low = await visitor.context.newPage();
    await low.goto('/office/stock?low=true');
    await low.getByRole('heading', { level: 1, name: 'Stock' }).waitFor();
    await low.getByRole('row').nth(1).waitFor();
    expect(await low.getByRole('link', { name: 'MUG-002' }).count()).toBe(0);

    const empty = { sku: 'MUG-002', warehouse: 'main', delta: -160, reason: 'moved' };
    const token = await api.token('staff');
    expect((await api.post('/inventory/adjust', empty, { token, key: 'empty-main' })).status).toBe(200);
    await page.goto('/office/stock/MUG-002');
    const available = page.getByRole('status').filter({ hasText: /^Available: \d+$/ });
    const before = Number((await available.textContent())?.replace(/\D/g, ''));
    await page.getByLabel('Warehouse').fill('east');
    await page.getByLabel('Change').fill(String(3 - before));
    await page.getByLabel('Reason').fill('fell off the shelf');
    await button('Adjust').click();
    await page.getByText('Adjusted.').waitFor();
    const first = page.getByRole('row').filter({ hasText: 'fell off the shelf' });
    await first.getByText(`−${before - 3}`, { exact: true }).waitFor();
    await page.getByRole('status').filter({ hasText: 'Available: 3' }).waitFor();
    await low.getByRole('link', { name: 'MUG-002' }).waitFor();

    // An order takes the rest, and the page says so by itself.
    await placed('bob', anOrder().withLine('MUG-002', 3));
    await page
      .getByRole('status')
      .filter({ hasText: /^Available: 0$/ })
      .waitFor();
    await page.getByLabel('Change').fill('-5');
    await page.getByLabel('Reason').fill('too many');
    await button('Adjust').click();
    await page.getByRole('alert').waitFor();
    // Once there are enough, the very same is no longer refused.
    const more = { sku: 'MUG-002', warehouse: 'east', delta: 7, reason: 'found' };
    expect((await api.post('/inventory/adjust', more, { token, key: 'found-seven' })).status).toBe(200);
    await button('Adjust').click();
    await page.getByText('Adjusted.').waitFor();
    await page
      .getByRole('status')
      .filter({ hasText: /^Available: 2$/ })
      .waitFor();

    await low.getByLabel('Warehouse').fill('EAST');
    await low.getByRole('button', { name: 'Search' }).click();
    await low.getByRole('row').filter({ hasText: 'MUG-002' }).getByText('2').first().waitFor();
    await eventually(async () => expect(await low.getByRole('cell', { name: 'main' }).count()).toBe(0));
  });

  ofThePage('adds a product, changes it, and takes it from sale', async () => {
    await logIn('Staff', '/office/products');
    await button('New product').click();
    await page.getByLabel('Product number').fill('LAMP-001');
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Harbour lamp');
    await page.getByLabel('Description').fill(HOSTILE);
    await page.getByLabel('Price in EUR').fill('49.90');
    await button('Save').click();
    await row('LAMP-001').getByText('€49.90').waitFor();
    await button('Edit Harbour lamp').click();
    await page.getByLabel('Price in EUR').fill('39.50');
    // What somebody else writes meanwhile stays.
    const token = await api.token('staff');
    const named = await api.put('/products/LAMP-001', { name: 'Quay lamp' }, { token });
    expect(named.status).toBe(200);
    await page.getByLabel('For sale').uncheck({ force: true });
    await button('Save').click();
    await row('LAMP-001').getByText('€39.50').waitFor();
    await row('LAMP-001').getByText('not for sale').waitFor();
    expect((await api.get<{ data: unknown[] }>('/products?q=LAMP')).body.data).toEqual([]);
    const { body } = await api.get('/products/LAMP-001');
    expect(body).toMatchObject({
      name: 'Quay lamp',
      price: { amount: 3950 },
      active: false,
      description: HOSTILE,
    });
    expect(await page.locator('b').count()).toBe(0);
  });

  ofThePage('gives and takes roles, and suspends users', async () => {
    const account = { email: 'hostile@example.org', name: HOSTILE, password: 'a long pass phrase' };
    expect((await api.post('/users/register', account)).status).toBe(201);
    await logIn('Admin', '/office/users?q=hostile');
    await page.getByText('hostile@example.org').waitFor();
    expect(await page.locator('b').count()).toBe(0);
    const token = await api.token('admin');
    const them = async () =>
      (await api.get<{ data: { roles: string[]; status: string }[] }>('/users?q=hostile', { token })).body
        .data[0];
    await page.getByRole('checkbox', { name: `Staff: ${HOSTILE}` }).click();
    await eventually(async () => expect((await them())?.roles.toSorted()).toEqual(['customer', 'staff']));
    await eventually(async () =>
      expect(await page.getByRole('checkbox', { name: `Staff: ${HOSTILE}` }).isChecked()).toBe(true),
    );
    await page.getByRole('checkbox', { name: `Suspended: ${HOSTILE}` }).click();
    await eventually(async () => expect((await them())?.status).toBe('suspended'));
    await page.goto('/office/users?q=admin');
    await page.getByText('admin@waybill.test').waitFor();
    // There is nothing to break things with outside of the lab.
    const lab = await visitor.context.newPage();
    await lab.goto('/operations');
    await lab.getByRole('region', { name: 'Processes' }).getByText('Ready').waitFor();
    expect(await lab.getByRole('button', { name: /^(Kill|Slow) / }).count()).toBe(0);
    expect(await lab.getByRole('region', { name: 'Payment gateway' }).count()).toBe(0);
    // Nobody locks themselves out.
    for (const what of ['Customer', 'Staff', 'Administrator', 'Suspended'])
      expect([what, await page.getByRole('checkbox', { name: `${what}: ` }).isDisabled()]).toEqual([
        what,
        true,
      ]);
  });
}
