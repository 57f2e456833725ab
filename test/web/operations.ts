import type { Page } from 'playwright-core';
import { complaintsOfAxe } from './axe.js';

/** Until a breaker has seen enough. */
const PATIENCE = { timeout: 25_000 };

export const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** Logs in, and is on the operations page. */
export async function openOperations(page: Page, user: string): Promise<void> {
  await page.goto('/login?next=/operations');
  await page.getByLabel('Email').fill(`${user}@waybill.test`);
  await page.locator('input[name=password]').fill('waybill-demo');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Operations' }).waitFor();
}

/** Breaks the payment gateway by keyboard, sees the breaker open, heals it, and sees the breaker closed. */
export async function breakAndHeal(page: Page, whileOpen: () => Promise<void>): Promise<void> {
  const breaker = (state: string) =>
    section(page, 'Circuit breakers')
      .getByRole('listitem')
      .filter({ hasText: 'payments → payment gateway' })
      .getByText(state, { exact: true });
  const orders = page.getByRole('switch', { name: /^Place three test orders/ });
  await breaker('Closed').waitFor();
  await orders.focus();
  await page.keyboard.press('Space');
  await section(page, 'Requests, calls and events').getByText('payments.charge').waitFor();

  await page.getByRole('radio', { name: 'Works' }).focus();
  await page.keyboard.press('ArrowDown');
  await breaker('Open').waitFor(PATIENCE);
  expect(await page.getByRole('radio', { name: 'Answers 503' }).isChecked()).toBe(true);
  await whileOpen();
  expect(await complaintsOfAxe(page)).toEqual([]);

  await page.keyboard.press('ArrowUp');
  await breaker('Closed').waitFor(PATIENCE);
  expect(await page.getByRole('radio', { name: 'Works' }).isChecked()).toBe(true);
  await orders.focus();
  await page.keyboard.press('Space');
}
