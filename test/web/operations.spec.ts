import type { Browser, Page } from 'playwright-core';
import { eventually } from '../eventually.js';
import { complaintsOfAxe } from './axe.js';
import { startChromium } from './chromium.js';
import { breakAndHeal, openOperations, section } from './operations.js';
import { visit, type Visit } from './shop.js';
import { freePort, WaybillProcess } from '../chaos/waybill-process.js';
import { openStores, type Stores, undoable } from '../stores.js';

const DESKTOP = { width: 1280 };

interface Stage extends Omit<Stores, 'folder'> {
  url: string;
  stop(): Promise<void>;
}

/** One process in the lab, whose database can be looked into. */
function start(): Promise<Stage> {
  return undoable(async (undo) => {
    const { folder, ...stores } = await openStores(undo);
    const waybill = await WaybillProcess.start({
      port: await freePort(),
      dataDir: folder,
      env: {
        DATABASE_URL: stores.databaseUrl,
        GATEWAY_URL: stores.gateway.url,
        LAB_SWITCHES: 'true',
        LOG_LEVEL: 'warn',
      },
    });
    undo.add(() => waybill.sigterm());
    return { ...stores, url: waybill.url };
  });
}

/** As if notifications had failed to take in that an order was confirmed, and had given up. */
const GIVE_UP = `
  UPDATE notifications.inbox SET state = 'dead', attempts = 10, died_at = now(), envelope = jsonb_build_object(
    'id', o.id, 'name', o.name, 'version', o.version, 'occurredAt', o.occurred_at, 'correlationId', o.correlation_id,
    'causationId', null, 'traceparent', null, 'payload', o.payload)
  FROM (SELECT * FROM orders.outbox WHERE name = 'orders.confirmed' ORDER BY seq LIMIT 1) AS o
  WHERE event_id = o.id RETURNING event_id`;

describe('the operations page, in a browser', () => {
  let waybill: Stage;
  let browser: Browser;
  const visitors: Visit[] = [];

  beforeAll(async () => {
    [browser, waybill] = await Promise.all([startChromium(), start()]);
  });
  afterEach(async () => {
    for (const { context, complaints } of visitors.splice(0)) {
      await context.close();
      expect(complaints).toEqual([]);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await waybill?.stop();
  });

  const open = async (user: string, options: Parameters<typeof visit>[2] = DESKTOP): Promise<Page> => {
    const visitor = await visit(browser, waybill.url, options);
    visitors.push(visitor);
    await openOperations(visitor.page, user);
    return visitor.page;
  };

  it('is for staff', async () => {
    const page = await open('alice');
    await page.getByText('This page is for staff.').waitFor();
    expect(await page.getByRole('link', { name: 'Operations' }).count()).toBe(0);
  });

  it('shows staff who are no administrators everything, and no switch that they could throw', async () => {
    const page = await open('staff');
    await section(page, 'Processes').getByText('Ready').waitFor();
    await section(page, 'Payment gateway').getByText('Administrators can break and heal it.').waitFor();
    expect(await page.getByRole('radio', { disabled: false }).count()).toBe(0);
    expect(await page.getByRole('button', { name: /^(Kill|Slow|Retry)/ }).count()).toBe(0);
    expect(await page.getByText('REDIS_URL').count()).toBe(0);
  });

  it('says that it sees one process only where that is not all there is, and there is no Redis', async () => {
    const visitor = await visit(browser, waybill.url, DESKTOP);
    visitors.push(visitor);
    // As if users and payments ran elsewhere.
    await visitor.page.routeWebSocket(/\/ws$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((text) =>
        socket.send(
          String(text)
            .replace(/"(users|payments)",/g, '')
            .replace('"gateway":', '"none":'),
        ),
      );
    });
    await openOperations(visitor.page, 'admin');
    await visitor.page
      .getByRole('alert')
      .filter({ hasText: /not those of payments, users: .* REDIS_URL is not set/ })
      .waitFor();
    await section(visitor.page, 'Payment gateway').getByText('No process with payments is seen').waitFor();
    expect(await visitor.page.getByRole('radio', { disabled: false }).count()).toBe(0);
  });

  it('lets an administrator break the payment gateway by keyboard, and see its breaker open, and close when it is healed', async () => {
    const page = await open('admin');
    await breakAndHeal(page, () =>
      section(page, 'Recent problems')
        .getByText(/^The gateway fails: charges wait/)
        .waitFor(),
    );
    await section(page, 'Orders')
      .getByRole('img', { name: /^Orders placed per second/ })
      .waitFor();
  });

  it('lets an administrator slow a process, let it be fast again, and retry what was given up', async () => {
    const [dead] = await waybill.sql<{ event_id: string }>(GIVE_UP);
    const page = await open('admin', { ...DESKTOP, colorScheme: 'dark' });
    // Of the test orders, what is sold out is asked for once, and is no refusal.
    await page.route('**/api/v1/products?*', async (route) => {
      const { data } = (await (await route.fetch()).json()) as { data: { sku: string }[] };
      const some = data.filter(({ sku }) => sku === 'POSTER-SOLD' || sku === 'MUG-001');
      await route.fulfill({ json: { data: some, nextCursor: null } });
    });
    const soldOut: unknown[] = [];
    page.on('request', (request) => {
      if (request.postData()?.includes('POSTER-SOLD')) soldOut.push(request);
    });
    const orders = page.getByRole('switch', { name: /^Place three test orders/ });
    await orders.check({ force: true });
    await page.getByText(/^[4-9] placed, 0 refused$/).waitFor();
    await orders.uncheck({ force: true });
    expect(soldOut).toHaveLength(1);

    await page.getByRole('button', { name: /^Slow / }).click();
    await section(page, 'Processes').getByText('slowed by 1000 ms').waitFor();
    await page.getByRole('button', { name: /be as fast as it can$/ }).click();
    await page.getByRole('button', { name: /^Slow / }).waitFor();
    await page.getByRole('button', { name: /^Kill / }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Kill it' }).waitFor();
    expect(await complaintsOfAxe(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Let it live' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Retry the dead letters of notifications' }).click();
    await page.getByRole('alert').filter({ hasText: '1 event was brought back' }).waitFor();
    await eventually(async () =>
      expect(
        await waybill.sql('SELECT state FROM notifications.inbox WHERE event_id = $1', [dead?.event_id]),
      ).toEqual([{ state: 'done' }]),
    );
  });

  it('has nothing that keeps people out in dark colours on a phone, as far as axe can tell', async () => {
    const page = await open('admin', { colorScheme: 'dark' });
    await section(page, 'Processes').getByText('Ready').waitFor();
    await section(page, 'Requests, calls and events')
      .getByText('users.publicKeys')
      .or(page.getByText('HTTP'))
      .first()
      .waitFor();
    expect(await complaintsOfAxe(page)).toEqual([]);
    const wider = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
    expect(wider).toBe(false);
  });
});
