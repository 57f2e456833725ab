import { rm } from 'node:fs/promises';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { Api } from '../api.js';
import { freePort, WaybillProcess } from '../chaos/waybill-process.js';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../folder.js';
import { startChromium } from './chromium.js';
import { fillAddress, register, visit, type Visit } from './shop.js';

/** Text that would do harm wherever it were taken for HTML. */
const HOSTILE = '<img src=x onerror=complain(1)><b>Bold</b>';

describe('the shop, in a browser', () => {
  let folder: string;
  let waybill: WaybillProcess;
  let browser: Browser;
  let visitor: Visit;
  let page: Page;

  beforeAll(async () => {
    folder = await temporaryFolder('shop');
    [browser, waybill] = await Promise.all([
      startChromium(),
      WaybillProcess.start({ port: await freePort(), dataDir: folder }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await waybill?.sigterm();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    visitor = await visit(browser, waybill.url);
    page = visitor.page;
  });
  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).toEqual([]);
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
    await register(page, name);
    await heading('Checkout').waitFor();
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

  it('keeps no token where scripts could read it, and nobody is logged out by a reload', async () => {
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

  it('lets several tabs of one browser come back at once', async () => {
    await logInAs('Alice');
    const tabs = await Promise.all([1, 2, 3].map(() => visitor.context.newPage()));
    await Promise.all(tabs.map((tab) => tab.goto('/orders')));
    for (const tab of tabs) await tab.getByRole('heading', { level: 1, name: 'My orders' }).waitFor();
    await page.reload();
    await button('Log out').waitFor();
  });

  it('logs out here what is logged out elsewhere', async () => {
    await logInAs('Bob');
    const tab = await visitor.context.newPage();
    await tab.goto('/orders');
    await tab.getByRole('button', { name: 'Log out' }).click();
    await link('Log in').waitFor();
  });

  it('shows what people write as they wrote it', async () => {
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

  it('leads back to where somebody wanted to go, and nowhere else', async () => {
    await page.goto(`/login?next=${encodeURIComponent('//evil.example/')}`);
    await button('Continue as Alice').click();
    await heading('Products').waitFor();
    expect(new URL(page.url()).origin).toBe(waybill.url);
    await page.goto('/no/such/page');
    await heading('There is nothing at this address.').waitFor();
  });

  it('can be used with the keyboard alone', async () => {
    await page.goto('/products/MUG-001');
    await heading('Harbour mug').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('3');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await link(/^Basket [1-9]\d* items$/).waitFor();
  });

  describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
    it('has nothing that keeps people out, as far as axe can tell', async () => {
      const dark = await visit(browser, waybill.url, { colorScheme });
      const { page: seen } = dark;
      const look = async (path: string, ready: string | RegExp) => {
        await seen.goto(path);
        await seen.getByText(ready).first().waitFor();
        expect([path, await complaintsOfAxe(seen)]).toEqual([path, []]);
      };
      await look('/', 'Harbour mug');
      await look('/products/POSTER-SOLD', 'Sold out');
      await look('/products/MUG-001', 'In stock');
      await seen.getByRole('button', { name: 'Add to basket' }).click();
      await look('/basket', 'Go to checkout');
      await look('/register', 'At least 8 characters');
      await look('/login', 'Continue as Alice');
      await seen.getByRole('button', { name: 'Continue as Alice' }).click();
      await seen.getByRole('button', { name: 'Log out' }).waitFor();
      await look('/checkout', 'Where should it go?');
      await fillAddress(seen);
      await seen.getByRole('radio', { name: 'Empty card' }).check();
      await seen.getByRole('button', { name: /^Pay €/ }).click();
      await seen.getByText('Your card was declined').waitFor();
      expect(['declined', await complaintsOfAxe(seen)]).toEqual(['declined', []]);
      await seen.getByRole('radio', { name: 'Visa' }).check();
      await seen.getByRole('button', { name: /^Pay €/ }).click();
      await seen.getByText('Order confirmed').waitFor();
      expect(['ordered', await complaintsOfAxe(seen)]).toEqual(['ordered', []]);
      await look('/orders', /^WB-/);
      expect(dark.complaints).toEqual([]);
      await dark.context.close();
    });
  });
});

function isFocused(element: unknown): boolean {
  return (
    (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement === element
  );
}

/** What axe finds that is serious or worse, with the elements concerned. */
async function complaintsOfAxe(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  }>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
