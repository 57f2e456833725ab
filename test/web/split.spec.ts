import type { Browser } from 'playwright-core';
import { startChromium } from './chromium.js';
import { officeTests } from './office.tests.js';
import { breakAndHeal, openOperations, section } from './operations.js';
import { shopTests } from './shop.tests.js';
import { visit } from './shop.js';
import { aProcessEach, type Stage } from './stages.js';

/** A process that was killed is shown as gone after 5 s, and is back after a second or more. */
const PATIENCE = { timeout: 30_000 };

describe('of a process for each module and one for the page', () => {
  let split: Stage;

  beforeAll(async () => {
    split = await aProcessEach({ LAB_SWITCHES: 'true' });
  });
  afterAll(() => split?.stop());

  const shared = () => Promise.resolve({ ...split, stop: () => Promise.resolve() });

  describe('the shop in a browser', () => shopTests(shared, { page: false }));
  describe('the back office in a browser', () => officeTests(shared, { page: false }));

  describe('the operations page in a browser', () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser?.close());

    it('lets an administrator break and heal the gateway, and kill a process and see it come back', async () => {
      const { page, complaints } = await visit(browser, split.url, { width: 1280 });
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
      expect((await process.getByText(/^pid /).textContent())?.split(' ', 2)).not.toEqual(
        facts.split(' ', 2),
      );
      expect(complaints).toEqual([]);
    });
  });
});
