import type { BadOrder, Report } from './report.js';

/** More of them say nothing new. */
const SHOWN = 30;

/** The report for people. */
export function markdown(report: Report): string {
  const { task, ok, platform, url, seed, startedAt, seconds, verdicts, latencyMs, cases, violations } =
    report;
  const bad = cases.flatMap((each) => each.bad);
  const orders = Object.values(verdicts).reduce((sum, count) => sum + count, 0);
  return `${[
    `# ${task === 'kill' ? 'Chaos' : 'Rolling update'}: ${ok ? 'passed' : 'FAILED'}`,
    `${url} on ${platform}, ${startedAt}, ${seconds} s${seed === null ? '' : `, seed ${seed}`}.`,
    rule(report),
    table(
      ['what', 'service', 'recovery', 'complete', 'orders', 'not good', 'verdict'],
      cases.map((each) => [
        each.name,
        each.service,
        task === 'kill' ? inSeconds(each.recoverySeconds) : '',
        inSeconds(each.completeSeconds),
        String(each.orders),
        String(each.bad.length),
        each.failure ?? 'ok',
      ]),
    ),
    `${orders} orders: ${Object.entries(verdicts)
      .map(([verdict, count]) => `${count} ${verdict}`)
      .join(
        ', ',
      )}. Good ones took ${latencyMs.p50} ms (median), ${latencyMs.p95} ms (p95), ${latencyMs.max} ms (longest).`,
    '## Afterwards',
    afterwards(report),
    ...violations.map((each) => `- **${each}**`),
    ...(bad.length === 0 ? [] : ['## Orders that were not good', badOrders(bad)]),
  ].join('\n\n')}\n`;
}

function rule({ task, limitSeconds, consecutive, ordersPerSecond }: Report): string {
  return task === 'kill'
    ? `Recovery: from the kill to the first order that only good ones follow, at least ${consecutive}; 0 when none was bad. At most ${limitSeconds} s. Complete: all processes are ready again. Orders a second: ${ordersPerSecond}.`
    : `No order may fail while processes are replaced. Orders a second: ${ordersPerSecond}.`;
}

function afterwards({ aftermath, violations }: Report): string {
  if (!aftermath) return 'What became of the orders could not be looked at.';
  const { askedAgain, kept } = aftermath;
  const state =
    violations.length === 0 ? 'Every order has one answer, none is lost, none is there twice.' : '';
  const cancelled =
    kept.length === 0
      ? 'All were cancelled: stock and money are given back.'
      : `${kept.length} could not be cancelled.`;
  return `Asked for again under their keys: ${askedAgain} orders. ${state} ${cancelled}`.replace(
    / {2,}/g,
    ' ',
  );
}

function badOrders(bad: readonly BadOrder[]): string {
  const rows = bad
    .slice(0, SHOWN)
    .map(({ sentAt, seconds, verdict, why }) => [`${sentAt} s`, `${seconds} s`, verdict, why ?? '']);
  const more = bad.length > SHOWN ? `\n\nAnd ${bad.length - SHOWN} more: see the JSON.` : '';
  return table(['sent at', 'took', 'verdict', 'why'], rows) + more;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function inSeconds(value: number | null): string {
  return value === null ? 'never' : `${value.toFixed(1)} s`;
}
