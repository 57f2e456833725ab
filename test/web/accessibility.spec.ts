import type { Browser } from 'playwright-core';
import { complaintsOfAxe } from './axe.js';
import { startChromium } from './chromium.js';
import { cutOffTexts } from './cut-off.js';
import { fillAddress, visit } from './shop.js';
import { oneProcess, type Stage } from './stages.js';

describe('the web page', () => {
  let waybill: Stage;
  let browser: Browser;

  beforeAll(async () => {
    [browser, waybill] = await Promise.all([startChromium(), oneProcess()]);
  });
  afterAll(async () => {
    await browser?.close();
    await waybill?.stop();
  });

  it('has nothing that keeps people out, in light and dark colours, as far as axe can tell', async () => {
    const visitor = await visit(browser, waybill.url);
    const { page: seen } = visitor;
    /** Without loading it anew: the page changes its colours with the system's. */
    const check = async (what: string) => {
      await seen.emulateMedia({ colorScheme: 'light' });
      expect([what, await complaintsOfAxe(seen)]).toEqual([what, []]);
      await seen.emulateMedia({ colorScheme: 'dark' });
      expect([what, 'dark', await complaintsOfAxe(seen, ['color-contrast'])]).toEqual([what, 'dark', []]);
    };
    const look = async (path: string, ready: string | RegExp) => {
      await seen.goto(path);
      await seen.getByText(ready).first().waitFor();
      await check(path);
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
    await check('declined');
    await seen.getByRole('radio', { name: 'Visa' }).check();
    await seen.getByRole('button', { name: /^Pay €/ }).click();
    await seen.getByText('Order confirmed').waitFor();
    await check('ordered');
    await look('/orders', /^WB-/);
    await look('/account', 'This browser');
    await look('/notifications', /is confirmed/);
    await seen.getByRole('button', { name: 'Log out' }).click();
    await seen.getByRole('link', { name: 'Log in' }).waitFor();
    await seen.goto('/login');
    await seen.getByRole('button', { name: 'Continue as Admin' }).click();
    await seen.getByRole('link', { name: 'Back office' }).waitFor();
    await look('/office/orders', /^WB-/);
    await seen
      .getByRole('checkbox', { name: /^Select WB-/ })
      .first()
      .check();
    await check('selected');
    await seen.getByRole('button', { name: 'Cancel…' }).click();
    await check('cancel');
    await seen.getByRole('button', { name: 'Close' }).click();
    await seen.getByRole('link', { name: /^WB-/ }).first().click();
    await seen
      .getByText(/^Stock: Sold/)
      .first()
      .waitFor();
    await check('order');
    await look('/office/stock', 'MUG-001');
    await look('/office/stock/MUG-001', /^Received, /);
    await look('/office/payments', 'The order');
    await seen.getByRole('row').nth(1).getByRole('link').first().click();
    await seen.getByText(/^Payment: €/).waitFor();
    await check('payment');
    await look('/office/products', 'MUG-001');
    await seen.getByRole('button', { name: 'New product' }).click();
    await check('product');
    await look('/office/users', 'admin@waybill.test');
    expect(visitor.complaints).toEqual([]);
    await visitor.context.close();
  });

  it('cuts nothing off on the smallest phone, nor in letters twice as large', async () => {
    const visitor = await visit(browser, waybill.url);
    const { page: seen } = visitor;
    const look = async (path: string, ready: string) => {
      await seen.goto(path);
      await seen.getByText(ready).first().waitFor();
      for (const [width, percent] of [
        [320, 100],
        [390, 200],
      ] as const) {
        await seen.setViewportSize({ width, height: 844 });
        expect([path, width, await cutOffTexts(seen, percent)]).toEqual([path, width, []]);
      }
    };
    await look('/', 'Harbour mug');
    await look('/products/MUG-001', 'In stock');
    await seen.getByRole('button', { name: 'Add to basket' }).click();
    await look('/basket', '€12.90');
    await look('/login', 'Continue as Alice');
    await seen.getByRole('button', { name: 'Continue as Alice' }).click();
    await seen.getByRole('button', { name: 'Log out' }).waitFor();
    await look('/checkout', 'Where should it go?');
    await look('/orders', 'My orders');
    await visitor.context.close();
  });
});
