import type { Browser } from 'playwright-core';
import { complaintsOfAxe } from './axe.js';
import { startChromium } from './chromium.js';
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

  it.each(['light', 'dark'] as const)(
    'has nothing that keeps people out in %s colours, as far as axe can tell',
    async (colorScheme) => {
      const visitor = await visit(browser, waybill.url, { colorScheme });
      const { page: seen } = visitor;
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
      expect(visitor.complaints).toEqual([]);
      await visitor.context.close();
    },
  );
});
