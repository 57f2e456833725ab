import type { Browser, Page } from 'playwright-core';
import { startChromium } from './chromium.js';
import { visit, type Visit } from './shop.js';
import type { Stage } from './stages.js';

/** What a test has: a Waybill and a browser that it shares with the others beside it, and a visitor of its own. */
export interface Visited {
  waybill: Stage;
  browser: Browser;
  visitor: Visit;
  page: Page;
}

/** Gives each test of the suite its visitor, and sees afterwards that the page had nothing to complain of. */
export function eachHasAVisitor(
  start: () => Promise<Stage>,
  use: (visited: Visited) => void,
  options: Parameters<typeof visit>[2] = {},
): void {
  let waybill: Stage;
  let browser: Browser;
  let visitor: Visit;

  beforeAll(async () => {
    [browser, waybill] = await Promise.all([startChromium(), start()]);
  });
  afterAll(async () => {
    await browser?.close();
    await waybill?.stop();
  });
  beforeEach(async () => {
    visitor = await visit(browser, waybill.url, options);
    use({ waybill, browser, visitor, page: visitor.page });
  });
  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).toEqual([]);
  });
}
