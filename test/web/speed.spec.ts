import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { createFrontend } from '../../src/frontend/frontend.js';
import { startChromium } from './chromium.js';

const BUILT = join(__dirname, '../../dist/web');
const BUDGET_MS = 1500;
/** Lighthouse's slow 4G, as a phone in a train has it. */
const SLOW_4G = { latency: 150, downloadThroughput: 1_638_400 / 8, uploadThroughput: 675_000 / 8 };

describe('the first visit, over a slow line', () => {
  let frontend: FastifyInstance;
  let browser: Browser;

  beforeAll(async () => {
    [browser, frontend] = await Promise.all([
      startChromium(),
      createFrontend({ folder: BUILT, demo: true, production: true }),
    ]);
    await frontend.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(async () => {
    await browser?.close();
    await frontend?.close();
  });

  it('shows something within 1.5 s, and gets its files compressed', async () => {
    const context = await browser.newContext({ baseURL: frontend.listeningOrigin });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', { offline: false, ...SLOW_4G });
    const encodings: (string | undefined)[] = [];
    page.on('response', (answer) => {
      if (/\.(?:js|css)$/.test(new URL(answer.url()).pathname))
        encodings.push(answer.headers()['content-encoding']);
    });
    await page.goto('/', { waitUntil: 'load' });
    await page.getByRole('link', { name: 'Basket' }).waitFor({ timeout: 20_000 });
    const painted = await page.evaluate<number>(
      "performance.getEntriesByName('first-contentful-paint')[0].startTime",
    );
    expect(painted).toBeLessThan(BUDGET_MS);
    expect(encodings.length).toBeGreaterThan(1);
    // Without TLS a browser offers gzip only.
    for (const encoding of encodings) expect(encoding).toMatch(/^(?:br|gzip)$/);
    await context.close();
  });
});
