import type { PlanNode, Ran } from './statements.js';

/** Tables that grow with orders or with users. */
export const GROWING = [
  'orders',
  'order_items',
  'order_history',
  'sagas',
  'outbox',
  'inbox',
  'idempotency_keys',
  'reservations',
  'reservation_lines',
  'movements',
  'payments',
  'refunds',
  'notifications',
  'users',
  'sessions',
  'refresh_tokens',
] as const;

/** Rows of a table that one statement may read at most: a whole batch of group commit, or the longest page. */
const MOST_ROWS = 1200;

export interface Scan {
  statement: string;
  why: string;
  /** The node, in one line. */
  node: string;
}

/**
 * Where statements read a table of `large` (with its schema) as a whole: by its pages, or by an index that leads
 * through far more rows than are wanted. Each statement once.
 */
export function scansIn(ran: readonly Ran[], large: ReadonlySet<string>): Scan[] {
  const found = ran.flatMap(({ text, plan }) =>
    nodesOf(plan).flatMap((node) => {
      const why = complaintOf(node, large);
      return why === null ? [] : [{ statement: squeeze(text), why, node: describe(node) }];
    }),
  );
  return [...new Map(found.map((scan) => [`${scan.statement} ${scan.node}`, scan])).values()];
}

function complaintOf(node: PlanNode, large: ReadonlySet<string>): string | null {
  const table = tableOf(node);
  if (table === null || !large.has(table) || node['Node Type'] === 'ModifyTable') return null;
  if (node['Node Type'].endsWith('Seq Scan')) return `reads all of ${table}`;
  const read = rowsReadBy(node);
  return read > MOST_ROWS ? `reads ${read} rows of ${table}` : null;
}

function tableOf({ Schema: schema, 'Relation Name': relation }: PlanNode): string | null {
  return relation === undefined ? null : `${schema}.${relation}`;
}

function rowsReadBy(node: PlanNode): number {
  const each =
    (node['Actual Rows'] ?? 0) +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  return Math.round(each * (node['Actual Loops'] ?? 1));
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

function describe(node: PlanNode): string {
  const index = node['Index Name'] ? ` by ${node['Index Name']}` : '';
  const condition = node['Index Cond'] ? `, index condition ${node['Index Cond']}` : '';
  const filter = node.Filter ? `, filter ${node.Filter}` : '';
  return `${node['Node Type']} of ${tableOf(node)}${index}${condition}${filter}`;
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
