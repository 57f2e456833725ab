import type { Browser } from 'playwright-core';
import { type SplitWaybill, startSplit } from '../split.js';
import { startChromium } from './chromium.js';
import { breakAndHeal, openOperations, section } from './operations.js';
import { visit } from './shop.js';

const LAYOUT = [['orders'], ['payments'], ['users', 'catalog', 'inventory', 'notifications']] as const;
/** A process that was killed is shown as gone after 5 s, and is back after a second or more. */
const PATIENCE = { timeout: 30_000 };

describe('the operations page in a browser, of several processes and one for the page', () => {
  let waybill: SplitWaybill;
  let browser: Browser;

  beforeAll(async () => {
    [browser, waybill] = await Promise.all([
      startChromium(),
      startSplit({ layout: LAYOUT, env: { LAB_SWITCHES: 'true' }, cluster: { frontend: true } }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await waybill?.stop();
  });

  it('lets an administrator break and heal the gateway, and kill a process and see it come back', async () => {
    const { page, complaints } = await visit(browser, waybill.url, { width: 1280 });
    await openOperations(page, 'admin');
    await breakAndHeal(page, () => Promise.resolve());

    const process = section(page, 'Processes')
      .locator('.mantine-Card-root')
      .filter({ hasText: /^payments/ });
    const facts = (await process.getByText(/^pid /).textContent()) ?? '';
    await process.getByRole('button', { name: /^Kill / }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Kill it' }).click();
    await process.getByText('Gone').waitFor(PATIENCE);
    await process.getByText('Ready').waitFor(PATIENCE);
    expect((await process.getByText(/^pid /).textContent())?.split(' ', 2)).not.toEqual(facts.split(' ', 2));
    expect(complaints).toEqual([]);
  });
});
