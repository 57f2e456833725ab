import type { Page, Route } from 'playwright-core';
import { Api, type DemoUser } from '../api.js';
import { eventually } from '../eventually.js';
import { LiveClient } from '../fakes/live-client.js';
import { fillAddress, PASSWORD, type Visit } from './shop.js';
import type { Stage } from './stages.js';
import { eachHasAVisitor } from './visitors.js';

const ORDERS = '**/api/v1/orders';
const UNDER_WAY = 'This order was under way when you left';

/** What the shop does where something goes wrong: answers that are lost, tabs that disagree, a catalogue that changes. */
export function troubleTests(start: () => Promise<Stage>): void {
  let waybill: Stage;
  let visitor: Visit;
  let page: Page;
  let api: Api;

  eachHasAVisitor(start, (visited) => {
    ({ waybill, visitor, page } = visited);
    api = new Api(waybill.url);
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });
  const alert = (text: string) => page.getByRole('alert').filter({ hasText: text });
  const logInAs = async (name: string, next = '/') => {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await button(`Continue as ${name}`).click();
    await button('Log out').waitFor();
  };
  const put = async (sku: string) => {
    await page.goto(`/products/${sku}`);
    await button('Add to basket').click();
  };
  const pay = (tab = page) => tab.getByRole('button', { name: /^Pay €/ }).click();
  const ordersOf = async (user: DemoUser) => {
    const token = await api.token(user);
    return (await api.get<{ data: { status: string }[] }>('/orders?limit=100', { token })).body.data;
  };
  /** A product of its own, with some stock: the other tests' is left alone. */
  const offer = async (sku: string, { stock = 5 } = {}) => {
    const token = await api.token('staff');
    const product = { sku, name: sku, description: '', price: { amount: 500, currency: 'EUR' } };
    expect((await api.post('/products', product, { token })).status).toBe(201);
    if (stock === 0) return;
    const adjustment = { sku, warehouse: 'main', delta: stock, reason: 'new' };
    expect((await api.post('/inventory/adjust', adjustment, { token, key: sku })).status).toBe(200);
  };
  const change = async (sku: string, body: object) =>
    expect((await api.put(`/products/${sku}`, body, { token: await api.token('staff') })).status).toBe(200);

  it('orders once, though the page is loaded anew and another tab pays too while the order is under way', async () => {
    await logInAs('Bob');
    await put('MUG-001');
    const before = (await ordersOf('bob')).length;
    const other = await visitor.context.newPage();
    for (const tab of [page, other]) {
      await tab.goto('/checkout');
      await fillAddress(tab);
      await tab.getByRole('radio', { name: 'Slow card' }).check();
    }
    const sent = page.waitForRequest(ORDERS);
    await pay();
    await sent;
    await page.reload();
    await page.getByText(UNDER_WAY).waitFor();
    expect(await page.getByLabel('Street and number').inputValue()).toBe('Hafenstraße 1');
    await pay(other);
    await Promise.all(
      [page, other].map((tab) =>
        tab
          .getByText('Your basket is empty.')
          .or(tab.getByRole('heading', { level: 1, name: /^Order WB-/ }))
          .waitFor(),
      ),
    );
    expect((await ordersOf('bob')).length).toBe(before + 1);
  });

  it('orders once, though the answer was lost and it is only asked for again after a look elsewhere', async () => {
    await logInAs('Bob');
    await put('MUG-001');
    await page.goto('/checkout');
    await fillAddress(page);
    const before = (await ordersOf('bob')).length;
    const lose = async (route: Route) => {
      await route.fetch();
      await route.abort();
    };
    await page.route(ORDERS, lose, { times: 1 });
    await pay();
    await alert('you will not be charged twice').waitFor();
    await eventually(async () =>
      expect(await page.evaluate('localStorage.getItem("waybill.order")')).toContain('"told":true'),
    );
    await page.goto('/checkout');
    await page.getByRole('status').filter({ hasText: 'you will not be charged twice' }).waitFor();
    const city = page.getByLabel('City');
    expect([await city.inputValue(), await city.isDisabled()]).toEqual(['Hamburg', true]);
    const refuse = (route: Route) => route.fulfill({ status: 503, json: { code: 'SERVICE.OVERLOADED' } });
    await page.route(ORDERS, refuse, { times: 1 });
    await pay();
    await alert('The shop is busy').filter({ hasText: 'you will not be charged twice' }).waitFor();
    await city.and(page.locator(':disabled')).waitFor();
    await pay();
    await heading(/^Order WB-/).waitFor();
    expect((await ordersOf('bob')).length).toBe(before + 1);
  });

  it('charges nobody more than the page said, and says what it costs now', async () => {
    await offer('DEARER-1');
    await logInAs('Bob');
    await put('DEARER-1');
    await page.goto('/checkout');
    await fillAddress(page);
    await button('Pay €5.00').waitFor();
    await change('DEARER-1', { price: { amount: 900, currency: 'EUR' } });
    await button('Pay €5.00').click();
    await alert('The price has changed').waitFor();
    await button('Pay €9.00').click();
    await heading(/^Order WB-/).waitFor();
  });

  it('keeps what was entered for whoever looks into the basket, or has to log in again', async () => {
    await logInAs('Bob');
    await put('MUG-001');
    await page.goto('/checkout');
    await fillAddress(page);
    await page.getByLabel('Note for us').fill('Ring twice');
    await page.getByRole('radio', { name: 'Mastercard' }).check();
    await page.getByRole('link', { name: 'Basket 1 item' }).click();
    await page.getByRole('link', { name: 'Go to checkout' }).click();
    const note = page.getByLabel('Note for us');
    expect(await note.inputValue()).toBe('Ring twice');

    // As if it had been ended elsewhere.
    await page.route(ORDERS, (route) => route.fulfill({ status: 401, body: '{}' }), { times: 1 });
    await page.route('**/users/refresh', (route) => route.fulfill({ status: 401, body: '{}' }), { times: 1 });
    await pay();
    await page.getByText('You were logged out').waitFor();
    await button('Continue as Bob').click();
    expect(await note.inputValue()).toBe('Ring twice');
    expect(await page.getByRole('radio', { name: 'Mastercard' }).isChecked()).toBe(true);
    await pay();
    await heading(/^Order WB-/).waitFor();
    await page.getByText('Note: Ring twice').waitFor();
    await put('MUG-001');
    await page.getByRole('link', { name: 'Basket 1 item' }).click();
    await page.getByRole('link', { name: 'Go to checkout' }).click();
    expect(await note.inputValue()).toBe('');
  });

  it('says that the shop is busy, and lets people change their order and pay again', async () => {
    await logInAs('Bob');
    await put('MUG-001');
    await page.goto('/checkout');
    await fillAddress(page);
    const body = JSON.stringify({ code: 'SERVICE.OVERLOADED' });
    await page.route(ORDERS, (route) => route.fulfill({ status: 503, body }), { times: 1 });
    await pay();
    await alert('The shop is busy').waitFor();
    await page.getByLabel('City').fill('Altona');
    await pay();
    await heading(/^Order WB-/).waitFor();
    await page.getByText('20457 Altona').waitFor();
  });

  it('shows what could not be fetched without a network as soon as there is one', async () => {
    await page.goto('/basket');
    await heading('Basket').waitFor();
    await visitor.context.setOffline(true);
    await page.getByRole('link', { name: 'Waybill' }).click();
    await heading('Products').waitFor();
    await alert('No connection to the shop').waitFor();
    await visitor.context.setOffline(false);
    await button('Add to basket: Harbour mug').waitFor();
  });

  it('says beside the field what is wrong with it', async () => {
    await logInAs('Bob');
    await put('MUG-001');
    await page.goto('/checkout');
    await fillAddress(page);
    await page.getByLabel('Street and number').fill('  ');
    await pay();
    await alert('What is wrong is marked above.').waitFor();
    await page.getByText('must not be empty', { exact: true }).waitFor();
  });

  it('says what is not for sale any more, in the basket, at the checkout and on its page', async () => {
    await offer('GONE-1');
    await logInAs('Bob');
    await put('GONE-1');
    await put('MUG-001');
    await page.goto('/checkout');
    await fillAddress(page);
    await button('Pay €17.90').waitFor();
    await change('GONE-1', { active: false });
    await pay();
    await alert('A product is not for sale any more').waitFor();
    await page.getByRole('main').getByText('This product is not for sale any more.').waitFor();
    await button('Pay €12.90').waitFor();

    await page.goto('/products/GONE-1');
    await page.getByText('This product is not for sale any more.').waitFor();
    expect(await button('Add to basket').count()).toBe(0);
    await page.goto('/basket');
    await page.getByText('This product is not for sale any more.').waitFor();
    await page.getByText('€12.90').last().waitFor();
    await page.goto('/checkout');
    await button('Remove GONE-1').click();
    await fillAddress(page);
    await pay();
    await heading(/^Order WB-/).waitFor();
  });

  it('offers to nobody what is not for sale, nor to staff', async () => {
    await offer('HIDDEN-1', { stock: 0 });
    await change('HIDDEN-1', { active: false });
    await logInAs('Staff', '/?q=HIDDEN-1');
    await page.getByText('Nothing found for').waitFor();
  });

  it('shows as sold out what never was in stock, and says when it cannot tell', async () => {
    await offer('NEVER-1', { stock: 0 });
    await page.goto('/products/NEVER-1');
    await page.getByText('Sold out').waitFor();
    expect(await button('Add to basket').isDisabled()).toBe(true);

    await page.route('**/api/v1/inventory/*', (route) => route.fulfill({ status: 400 }));
    await page.goto('/products/MUG-001');
    await page.getByText('We cannot see at the moment').waitFor();
    expect(await button('Add to basket').isEnabled()).toBe(true);
  });

  it('does not say that somebody is logged out who is not', async () => {
    await logInAs('Alice', '/products/MUG-001');
    await button('Add to basket').click();
    await page.route('**/users/logout', (route) => route.abort(), { times: 1 });
    await button('Log out').click();
    await alert('You are still logged in').waitFor();
    await page.getByRole('link', { name: 'Basket 1 item' }).waitFor();

    await button('Log out').click();
    await page.getByRole('link', { name: 'Log in' }).waitFor();
    // What was wanted and said is nobody else's business.
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.getByRole('link', { name: 'Basket', exact: true }).waitFor();
    expect(await page.evaluate('localStorage.getItem("waybill.basket")')).toBe('[]');
  });

  it('is the page of whoever is logged in by now, when another tab has let somebody else in', async () => {
    // Nothing tells it that Alice has left.
    await page.routeWebSocket('**/ws', () => undefined);
    await logInAs('Alice', '/account');
    await page.getByText('alice@waybill.test').waitFor();
    const other = await visitor.context.newPage();
    await other.goto('/');
    await other.getByRole('button', { name: 'Log out' }).click();
    await other.getByRole('link', { name: 'Log in' }).click();
    await other.getByRole('button', { name: 'Continue as Bob' }).click();
    await other.getByRole('button', { name: 'Log out' }).waitFor();
    await page.getByRole('link', { name: 'My orders' }).click();
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByText('bob@waybill.test').waitFor();
    expect(await page.getByText('alice@waybill.test').count()).toBe(0);
  });

  it('lets people in again, where they were, when the server can tell again who they are', async () => {
    await logInAs('Alice');
    await page.route('**/users/refresh', (route) => route.fulfill({ status: 503, body: '{}' }));
    await page.goto('/orders');
    await page.getByText('We cannot see at the moment whether you are logged in.').waitFor();
    await page.unroute('**/users/refresh');
    await heading('My orders').waitFor();
    expect(new URL(page.url()).pathname).toBe('/orders');
  });

  it('shows the shop before it is known who looks at it', async () => {
    await page.route('**/users/refresh', () => undefined);
    await page.goto('/');
    await button('Add to basket: Harbour mug').waitFor();
  });

  it('says which part of an order cannot be shown', async () => {
    await logInAs('Bob');
    await page.route(/\/(payments|history)/, (route) => route.fulfill({ status: 400 }));
    await page.goto('/orders');
    await page.getByRole('link', { name: /^WB-/ }).first().click();
    await heading(/^Order WB-/).waitFor();
    await eventually(async () => expect(await button('Try again').count()).toBe(2));
  });

  it('goes on with a registration whose login was not answered', async () => {
    await page.goto('/register?next=/orders');
    await page.getByLabel('Your name').fill('Nora New');
    await page.getByLabel('Email').fill(`halfway-${process.pid}@example.org`);
    await page.locator('input[name=password]').fill(PASSWORD);
    await page.route('**/users/login', (route) => route.abort(), { times: 1 });
    await button('Create account').click();
    await alert('No connection to the shop').waitFor();
    await button('Create account').click();
    await heading('My orders').waitFor();
  });

  it('does not speak of a lost connection when a token is over, as each is after minutes', async () => {
    let connections = 0;
    const closers: (() => Promise<void>)[] = [];
    await page.routeWebSocket('**/ws', (socket) => {
      connections += 1;
      socket.connectToServer();
      closers.push(() => socket.close({ code: 4401 }));
    });
    await logInAs('Alice');
    await page.evaluate(`
      window.said = [];
      new MutationObserver(() => said.push(document.body.innerText)).observe(document.body, { subtree: true, childList: true });
    `);
    await eventually(() => expect(connections).toBe(1));
    await closers[0]?.();
    await eventually(() => expect(connections).toBe(2));
    await page.getByRole('link', { name: 'My orders' }).click();
    await heading('My orders').waitFor();
    const said = await page.evaluate<string[]>('said');
    expect(said).toContainEqual(expect.stringContaining('My orders'));
    expect(said).not.toContainEqual(expect.stringContaining('No connection'));
  });

  it('tells somebody with too many pages what to do about it, and goes on when some are closed', async () => {
    const token = await api.token('bob');
    const others = Array.from({ length: 21 }, () => new LiveClient(waybill.url, token));
    try {
      // There is no place left as soon as one of them is refused.
      expect(await Promise.any(others.map(({ closed }) => closed))).toBe(4429);
      await logInAs('Bob');
      const crowded = page.getByRole('status').filter({ hasText: 'You have too many pages open' });
      await crowded.waitFor();
      for (const other of others) other.close();
      await crowded.waitFor({ state: 'hidden' });
    } finally {
      for (const other of others) other.close();
    }
    expect(await page.getByText('No connection').count()).toBe(0);
  });

  it('says that a page could not be shown, with a way to go on', async () => {
    await page.goto('/');
    await heading('Products').waitFor();
    await page.route('**/assets/LoginPages*.js', (route) => route.abort());
    await page.getByRole('link', { name: 'Log in' }).click();
    await alert('This page could not be shown.').waitFor();
    await page.unroute('**/assets/LoginPages*.js');
    await button('Load it again').click();
    await heading('Log in').waitFor();
  });
}
