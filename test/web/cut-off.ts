import type { Page } from 'playwright-core';

/** Runs in the page: its own text that stands outside of what it is in, and is hidden there. */
const CUT_OFF = `
  [...document.querySelectorAll('body *')]
    .filter((element) => {
      const { overflowX, position } = getComputedStyle(element);
      const isClipped = ['hidden', 'clip'].includes(overflowX) && position !== 'absolute';
      return isClipped && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1;
    })
    .map((element) => element.innerText)
    .concat(document.documentElement.scrollWidth > innerWidth ? ['the page is wider than the screen'] : [])`;

/** Texts that cannot be read to their end, with letters of this size in percent. */
export async function cutOffTexts(page: Page, percent: number): Promise<string[]> {
  await page.evaluate(`document.documentElement.style.fontSize = '${percent}%'`);
  const texts = await page.evaluate<string[]>(CUT_OFF);
  await page.evaluate("document.documentElement.style.fontSize = ''");
  return texts;
}
