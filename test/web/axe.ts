import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds that is serious or worse, with the elements concerned; by all of its rules, or by those named. */
export async function complaintsOfAxe(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{
    violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  }>(`axe.run(${JSON.stringify(rules ? { runOnly: rules } : {})})`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
