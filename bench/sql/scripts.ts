import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** As it stands: each statement is a transaction of its own. */
export const PER_STEP = readFileSync(join(__dirname, 'order.sql'), 'utf8');

/** The same in one transaction, which begins when the values are drawn. */
export function inOneTransaction(script: string): string {
  const [draws, ...statements] = script.split('\n\n');
  if (!draws?.includes('\\set') || statements.some((each) => each.includes('\\set')))
    throw new Error('The values must be drawn in the first paragraph, and only there');
  return [draws, 'BEGIN;', ...statements, 'COMMIT;\n'].join('\n\n');
}
