import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Api } from '../api.js';
import { anOrder } from '../builders/order.builder.js';
import { installChromium, startChromium } from './chromium.js';
import { visit } from './shop.js';
import { oneProcess } from './stages.js';

const FOLDER = join(__dirname, '../../docs/pictures/web');
const CONFIRMED = 201;

interface Picture {
  name: string;
  as: 'Alice' | 'Staff';
  path: string;
  /** What is there when the page is whole. */
  ready: RegExp;
  /** What goes on while the page is looked at. */
  during?: () => Promise<unknown>;
}

async function take(page: Page, { name, path, ready, during }: Picture): Promise<void> {
  // As the picture before has left it, borders would still be on their way from dark to light.
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(path);
  if (during) {
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    await during();
  }
  await page.getByText(ready).first().waitFor();
  await page.waitForLoadState('networkidle');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`), animations: 'disabled' });
  }
  process.stdout.write(`${name}\n`);
}

/** npm run web:pictures: the pictures of the README, of a Waybill that is started for them. */
async function main(): Promise<void> {
  await installChromium((line) => process.stdout.write(`${line}\n`));
  await mkdir(FOLDER, { recursive: true });
  const waybill = await oneProcess({ LAB_SWITCHES: 'true' });
  const browser = await startChromium();
  try {
    const api = new Api(waybill.url);
    const place = async (by: 'alice' | 'bob', sku: string, quantity: number) => {
      const token = await api.token(by);
      const order = anOrder().withLine(sku, quantity).build();
      const { status, body } = await api.post<{ id: string }>('/orders', order, { token });
      if (status !== CONFIRMED) throw new Error(`POST /orders answered ${status}`);
      return body.id;
    };
    const staff = { token: await api.token('staff') };
    const [first] = [
      await place('alice', 'MUG-001', 2),
      await place('bob', 'TEE-001', 1),
      await place('bob', 'MUG-002', 4),
    ];
    await api.put(`/orders/${first}`, { status: 'processing' }, staff);
    await api.put(`/orders/${first}`, { status: 'shipped' }, staff);
    const pictures: Picture[] = [
      { name: 'shop', as: 'Alice', path: '/', ready: /Harbour mug/ },
      { name: 'order', as: 'Alice', path: `/orders/${first}`, ready: /What happened/ },
      { name: 'office-orders', as: 'Staff', path: '/office/orders', ready: /^WB-/ },
      { name: 'office-order', as: 'Staff', path: `/office/orders/${first}`, ready: /^Message: / },
      {
        name: 'operations',
        as: 'Staff',
        path: '/operations',
        ready: /^payments\.charge$/,
        during: () => Promise.all(Array.from({ length: 12 }, () => place('bob', 'SOCKS-001', 1))),
      },
    ];
    for (const as of ['Alice', 'Staff'] as const) {
      const { page, context } = await visit(browser, waybill.url, { width: 1000 });
      await page.goto('/login');
      await page.getByRole('button', { name: `Continue as ${as}` }).click();
      await page.getByRole('button', { name: 'Log out' }).waitFor();
      for (const picture of pictures.filter((each) => each.as === as)) await take(page, picture);
      await context.close();
    }
  } finally {
    await browser.close();
    await waybill.stop();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
