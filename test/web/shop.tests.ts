import type { Browser, Page } from 'playwright-core';
import { Api } from '../api.js';
import { anOrder } from '../builders/order.builder.js';
import { eventually } from '../eventually.js';
import { fillAddress, isFocused, PASSWORD, register, visit, type Visit } from './shop.js';
import type { Stage } from './stages.js';
import { eachHasAVisitor } from './visitors.js';

/** Text that would do harm wherever it were taken for HTML. */
const HOSTILE = '<img src=x onerror=complain(1)><b>Bold</b>';

/** What people do in the shop, wherever its modules run. With `page`, also what the page does by itself, wherever. */
export function shopTests(start: () => Promise<Stage>, { page: withPage }: { page: boolean }): void {
  const ofThePage: (name: string, test: () => Promise<void>) => void = withPage ? it : () => undefined;
  let waybill: Stage;
  let browser: Browser;
  let visitor: Visit;
  let page: Page;

  eachHasAVisitor(start, (visited) => {
    ({ waybill, browser, visitor, page } = visited);
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const link = (name: string | RegExp) => page.getByRole('link', { name });
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });
  /** Two of the first product, and on to the checkout. */
  const checkOut = async () => {
    await page.goto('/products/MUG-001');
    await page.getByLabel('Quantity').fill('2');
    await button('Add to basket').click();
    await link('Basket 2 items').click();
    await link('Go to checkout').click();
  };
  const registered = async (name?: string) => {
    await link('Create an account').click();
    const email = await register(page, name);
    await heading('Checkout').waitFor();
    return email;
  };
  /** Somebody new has ordered, and looks at the order: its id. */
  const ordered = async () => {
    await checkOut();
    await registered();
    await fillAddress(page);
    await button(/^Pay €/).click();
    await heading(/^Order WB-/).waitFor();
    await page.getByRole('status').filter({ hasText: 'Confirmed' }).waitFor();
    return new URL(page.url()).pathname.split('/').at(-1) ?? '';
  };
  const logInAs = async (name: string) => {
    await page.goto('/login');
    await button(`Continue as ${name}`).click();
    await button('Log out').waitFor();
  };

  it('sells to somebody new, tells so by a toast, and shows how the order goes on as it does', async () => {
    await page.goto('/');
    await page.getByRole('searchbox', { name: 'Search products' }).fill('mug');
    await eventually(async () => expect(await button('Add to basket: Trail bottle').count()).toBe(0));
    await button('Add to basket: Harbour mug').click();
    await link('Basket 1 item').click();
    await link('Go to checkout').click();
    await registered();
    await fillAddress(page);
    await button(/^Pay €/).click();

    await heading(/^Order WB-/).waitFor();
    await page.getByRole('alert').filter({ hasText: 'Order confirmed' }).waitFor();
    await page.getByRole('link', { name: 'Basket', exact: true }).waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    const api = new Api(waybill.url);
    const token = await api.token('staff');
    for (const [status, text] of [
      ['processing', 'Being packed'],
      ['shipped', 'On its way'],
    ] as const) {
      expect((await api.put(`/orders/${id}`, { status }, { token })).status).toBe(200);
      await page.getByRole('status').filter({ hasText: text }).waitFor();
      await page.getByRole('main').locator('.mantine-Timeline-item').filter({ hasText: text }).waitFor();
    }
    await page.getByRole('alert').filter({ hasText: 'Your order is on its way' }).waitFor();
    await link('My orders').click();
    await heading('My orders').waitFor();
    await page.getByRole('main').getByText('On its way').waitFor();
  });

  it('says that a card was declined and what to do, and takes another one', async () => {
    await checkOut();
    await registered();
    await fillAddress(page);
    await page.getByRole('radio', { name: 'Blocked card' }).check();
    await button(/^Pay €/).click();
    const refusal = page.getByRole('alert').filter({ hasText: 'Your card was declined' });
    await refusal.getByText('Nothing was charged. Choose another card').waitFor();
    await eventually(async () => expect(await refusal.evaluate(isFocused)).toBe(true));

    await page.getByRole('radio', { name: 'Mastercard' }).check();
    await button(/^Pay €/).click();
    await heading(/^Order WB-/).waitFor();
    await page.getByRole('status').filter({ hasText: 'Confirmed' }).waitFor();
  });

  it('says what is sold out, and sells the rest', async () => {
    await logInAs('Bob');
    await page.goto('/products/POSTER-SOLD');
    await page.getByText('Sold out').waitFor();
    expect(await button('Add to basket').isDisabled()).toBe(true);

    await page.goto('/?q=poster-sold');
    await button(/^Add to basket/).click();
    await page.goto('/products/MUG-001');
    await button('Add to basket').click();
    await link('Basket 2 items').click();
    await link('Go to checkout').click();
    await fillAddress(page);
    await button(/^Pay €/).click();
    const refusal = page.getByRole('alert').filter({ hasText: 'Not everything is in stock' });
    await refusal.getByRole('button', { name: /^Remove/ }).click();
    await button(/^Pay €/).click();
    await heading(/^Order WB-/).waitFor();
    await page.getByRole('link', { name: 'Basket', exact: true }).waitFor();
  });

  ofThePage('keeps no token where scripts could read it, and nobody is logged out by a reload', async () => {
    await logInAs('Alice');
    await page.reload();
    await button('Log out').waitFor();
    const kept = await page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])',
    );
    expect(kept).not.toMatch(/eyJ|refresh|token/i);
    const cookies = await visitor.context.cookies(`${waybill.url}/api/v1/users/refresh`);
    expect(cookies.map(({ name, httpOnly, sameSite, path }) => [name, httpOnly, sameSite, path])).toEqual([
      ['waybill_refresh', true, 'Strict', '/api/v1/users'],
    ]);
    for (const { value } of cookies) expect(kept).not.toContain(value);

    await button('Log out').click();
    await link('Log in').waitFor();
    await page.reload();
    await link('Log in').waitFor();
    expect(await visitor.context.cookies()).toEqual([]);
  });

  ofThePage('lets several tabs of one browser come back at once', async () => {
    await logInAs('Alice');
    const tabs = await Promise.all([1, 2, 3].map(() => visitor.context.newPage()));
    await Promise.all(tabs.map((tab) => tab.goto('/orders')));
    for (const tab of tabs) await tab.getByRole('heading', { level: 1, name: 'My orders' }).waitFor();
    await page.reload();
    await button('Log out').waitFor();
  });

  ofThePage('logs out here what is logged out elsewhere', async () => {
    await logInAs('Bob');
    const tab = await visitor.context.newPage();
    await tab.goto('/orders');
    await tab.getByRole('button', { name: 'Log out' }).click();
    await link('Log in').waitFor();
  });

  it('logs out here where another browser ends the session, and says so', async () => {
    await checkOut();
    const email = await registered();
    await page.goto('/account');
    await heading('Account').waitFor();
    await page.getByText('This browser').waitFor();
    expect(await button(/^Log out there/).count()).toBe(0);

    const other = await visit(browser, waybill.url, { width: 1200 });
    await other.page.goto('/login?next=/account');
    await other.page.getByLabel('Email').fill(email);
    await other.page.locator('input[name=password]').fill(PASSWORD);
    await other.page.getByRole('button', { name: 'Log in' }).click();
    await other.page.getByRole('button', { name: /^Log out there: Chrome on/ }).click();
    await heading('Log in').waitFor();
    await page.getByText('You were logged out').waitFor();
    await eventually(async () =>
      expect(await other.page.getByRole('button', { name: /^Log out there/ }).count()).toBe(0),
    );
    await other.page.getByText('This browser').waitFor();
    expect(other.complaints).toEqual([]);
    await other.context.close();
  });

  it('lets people change where an order goes, and then call it off, and gives back what they paid', async () => {
    await ordered();
    await button('Change address or note').click();
    await page.getByLabel('Street and number').fill('Deichstraße 27');
    await page.getByLabel('Note for us').fill('Ring twice');
    await button('Save').click();
    await page.getByText('Deichstraße 27').waitFor();
    await page.getByText('Note: Ring twice').waitFor();
    await page.getByText('Address or note changed').waitFor();

    await button('Cancel this order').click();
    await button('No, keep it').click();
    await button('Cancel this order').click();
    await button('Yes, cancel it').click();
    await page.getByRole('status').filter({ hasText: 'Cancelled' }).waitFor();
    await page.getByText(/^€25\.80: refunded \(€25\.80 given back\)$/).waitFor();
    expect(await button('Change address or note').count()).toBe(0);
    expect(await button('Cancel this order').count()).toBe(0);

    await page.goto('/notifications');
    for (const subject of [/was cancelled/, /is confirmed/])
      await page.getByRole('heading', { name: subject }).first().waitFor();
  });

  ofThePage(
    'keeps what is being written, and does not overwrite what somebody else has written',
    async () => {
      const api = new Api(waybill.url);
      const [bob, staff] = await Promise.all([api.token('bob'), api.token('staff')]);
      const order = () => api.post<{ id: string }>('/orders', anOrder().build(), { token: bob });
      const { id } = (await order()).body;
      await logInAs('Bob');
      await page.goto(`/orders/${id}`);
      await button('Change address or note').click();
      await page.getByLabel('Street and number').fill('Deichstraße 27');
      expect((await api.put(`/orders/${id}`, { note: 'By telephone' }, { token: staff })).status).toBe(200);
      const seen = page.waitForResponse((answer) => answer.url().endsWith(`/orders/${id}`));
      // Whatever they are told of has the page look again.
      await order();
      await seen;
      expect(await page.getByLabel('Street and number').inputValue()).toBe('Deichstraße 27');
      await button('Save').click();
      await page.getByRole('alert').filter({ hasText: 'has changed meanwhile' }).waitFor();
      await eventually(async () =>
        expect(await page.getByLabel('Note for us').inputValue()).toBe('By telephone'),
      );
      await page.getByLabel('Street and number').fill('Deichstraße 27');
      await button('Save').click();
      await page.getByText('Note: By telephone').waitFor();
      await page.getByText('Deichstraße 27').waitFor();
    },
  );

  ofThePage('tells people what they want to be told', async () => {
    await checkOut();
    await registered();
    await page.goto('/account');
    const welcome = page.getByRole('checkbox', { name: 'An order is on its way: Email' });
    expect(await welcome.isChecked()).toBe(true);
    await welcome.uncheck();
    await page.getByRole('checkbox', { name: 'An order is on its way: Text message' }).check();
    await button('Save').click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Phone number').fill('+4915112345678');
    await button('Save').click();
    await page.getByRole('status').filter({ hasText: 'Saved' }).waitFor();
    await page.reload();
    await heading('Account').waitFor();
    await eventually(async () => expect(await welcome.isChecked()).toBe(false));
    expect(await page.getByLabel('Phone number').inputValue()).toBe('+4915112345678');
  });

  it('is right again after the server has crashed under the page', async () => {
    const id = await ordered();
    const lost = page.getByText('No connection. Trying again');
    const back = waybill.crash();
    await lost.waitFor();
    await back;
    const api = new Api(waybill.url);
    await eventually(async () => {
      const token = await api.token('staff');
      expect((await api.put(`/orders/${id}`, { status: 'processing' }, { token })).status).toBe(200);
    }, 20_000);
    await page.getByRole('status').filter({ hasText: 'Being packed' }).waitFor({ timeout: 20_000 });
    await lost.waitFor({ state: 'detached', timeout: 20_000 });
    await page
      .getByRole('main')
      .locator('.mantine-Timeline-item')
      .filter({ hasText: 'Being packed' })
      .waitFor();
  });

  ofThePage('shows what people write as they wrote it', async () => {
    await checkOut();
    await registered(HOSTILE);
    await fillAddress(page);
    await page.getByLabel('Note for us').fill(HOSTILE);
    await button(/^Pay €/).click();
    await heading(/^Order WB-/).waitFor();
    expect(await page.getByText(HOSTILE).count()).toBe(2);

    const api = new Api(waybill.url);
    const product = {
      sku: 'HOSTILE-001',
      name: HOSTILE,
      description: HOSTILE,
      price: { amount: 100, currency: 'EUR' },
    };
    const added = await api.post('/products', product, { token: await api.token('staff') });
    expect(added.status).toBe(201);
    await page.goto('/products/HOSTILE-001');
    await heading(HOSTILE).waitFor();
    await page.goto(`/?q=${encodeURIComponent(HOSTILE)}x`);
    await page.getByText('Nothing found for').waitFor();
    expect(await page.locator('b').count()).toBe(0);
  });

  ofThePage('leads back to where somebody wanted to go, and nowhere else', async () => {
    await page.goto(`/login?next=${encodeURIComponent('//evil.example/')}`);
    await button('Continue as Alice').click();
    await heading('Products').waitFor();
    expect(new URL(page.url()).origin).toBe(waybill.url);
    // Whoever is logged in already is where they wanted to go.
    await page.goto(`/login?next=${encodeURIComponent('/orders')}`);
    await heading('My orders').waitFor();
    await button('Log out').click();
    await page.goto('/products/MUG-001');
    await link('Log in').click();
    await button('Continue as Alice').click();
    await heading('Harbour mug').waitFor();
    await page.goto('/no/such/page');
    await heading('There is nothing at this address.').waitFor();
  });

  ofThePage('is loaded anew when a part of it is gone since an update', async () => {
    await page.goto('/');
    await heading('Products').waitFor();
    await page.route('**/assets/LoginPages*.js', (route) => route.abort(), { times: 1 });
    await page.evaluate('performance.now = () => 60_000');
    await link('Log in').hover();
    await eventually(async () => expect(await page.evaluate('performance.now() < 60_000')).toBe(true));
    await link('Log in').click();
    await heading('Log in').waitFor();
  });

  ofThePage('can be used with the keyboard alone', async () => {
    await page.goto('/products/MUG-001');
    await heading('Harbour mug').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    for (const key of ['End', 'Backspace', '-', '3', 'Tab', 'Enter']) await page.keyboard.press(key);
    const into = link('Basket 3 items');
    await into.focus();
    await page.keyboard.press('Enter');
    const quantity = page.getByLabel('Quantity of Harbour mug');
    await quantity.focus();
    for (const key of ['End', 'Backspace', '0', 'Tab']) await page.keyboard.press(key);
    expect(await quantity.inputValue()).toBe('3');
    await into.waitFor();
  });
}
