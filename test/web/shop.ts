import type { Browser, BrowserContext, Page } from 'playwright-core';

/** What a page must never do: each is written down, with what was broken. */
export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Violations of the content policy, and errors that nobody caught. */
  complaints: string[];
}

/** A person with a browser of their own: a phone unless said otherwise. */
export async function visit(
  browser: Browser,
  url: string,
  options: { colorScheme?: 'light' | 'dark'; width?: number } = {},
): Promise<Visit> {
  const { colorScheme = 'light', width = 390 } = options;
  const context = await browser.newContext({
    baseURL: url,
    colorScheme,
    viewport: { width, height: 844 },
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  await context.exposeFunction('complain', (text: string) => void complaints.push(text));
  await context.addInitScript(`
    document.addEventListener('securitypolicyviolation', (event) =>
      complain(event.violatedDirective + ' ' + event.blockedURI));
  `);
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, context, complaints };
}

let people = 0;
export const PASSWORD = 'a long pass phrase';

/** Somebody new: the form of the page that asks for an account is on the screen. */
export async function register(page: Page, name = 'Nora New'): Promise<string> {
  people += 1;
  const email = `nora-${process.pid}-${people}@example.org`;
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Email').fill(email);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  return email;
}

export async function fillAddress(page: Page): Promise<void> {
  await page.getByLabel('Street and number').fill('Hafenstraße 1');
  await page.getByLabel('Postal code').fill('20457');
  await page.getByLabel('City').fill('Hamburg');
}

export function isFocused(element: unknown): boolean {
  return (
    (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement === element
  );
}
