import type { LedgerEntry } from '../../../src/mock-gateway/ledger.js';
import type { Evidence } from '../evidence.js';
import type { Invariant, Offender } from './invariant.js';

/** What the gateway's book says of one key, in minor units. */
interface Account {
  key: string;
  orderId: string | null;
  chargeId: string | null;
  captures: number;
  captured: number;
  refunded: number;
}

interface PaymentRow extends Offender {
  id: string;
  order_id: string;
  kind: 'workflow' | 'manual';
  status: string;
  amount: number;
  refunded: number;
  gateway_key: string;
  gateway_reference: string | null;
}

interface RefundRow extends Offender {
  id: string;
  payment_id: string;
  amount: number;
  origin: string;
  state: string;
  gateway_key: string;
  gateway_reference: string | null;
}

interface OrderRow extends Offender {
  id: string;
  status: string;
  total: number;
  payment_id: string | null;
  payment_status: string | null;
}

const PAYMENTS = `SELECT id, order_id, kind, status, amount::float8 AS amount, refunded::float8 AS refunded, gateway_key,
  gateway_reference FROM payments.payments`;
const REFUNDS = `SELECT id, payment_id, amount::float8 AS amount, origin, state, gateway_key, gateway_reference
  FROM payments.refunds`;
const ORDERS =
  'SELECT id, status, total_amount::float8 AS total, payment_id, payment_status FROM orders.orders';

function accountsOf(ledger: readonly LedgerEntry[]): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const { key, kind, amount, reference, chargeId } of ledger) {
    const account = accounts.get(key) ?? {
      key,
      orderId: null,
      chargeId: null,
      captures: 0,
      captured: 0,
      refunded: 0,
    };
    account.orderId ??= reference;
    account.chargeId ??= chargeId;
    if (kind === 'capture') {
      account.captures += 1;
      account.captured += amount;
    }
    if (kind === 'refund') account.refunded += amount;
    accounts.set(key, account);
  }
  return accounts;
}

const keeps = ({ captured, refunded }: Account) => captured - refunded;

const chargedOnce: Invariant = {
  name: 'I9',
  says: 'the gateway keeps the money of at most one charge per order, those made by hand left aside',
  find: async ({ sql, ledger }) => {
    const byHand = new Set(
      (await sql<PaymentRow>(`${PAYMENTS} WHERE kind = 'manual'`)).map((row) => row.gateway_key),
    );
    const accounts = [...accountsOf(ledger).values()].filter(({ key }) => !byHand.has(key));
    const kept = accounts.filter((account) => keeps(account) > 0);
    const twice = [...Map.groupBy(kept, ({ orderId }) => orderId).entries()]
      .filter(([, charges]) => charges.length > 1)
      .map(([orderId, charges]) => ({ order_id: orderId, charges: charges.map(({ key }) => key) }));
    const wrong = accounts.filter(({ captures, captured, refunded }) => captures > 1 || refunded > captured);
    return [...twice, ...wrong.map((account) => ({ ...account }))];
  },
};

const booksAgree: Invariant = {
  name: 'I10',
  says: "our payments and refunds and the gateway's ledger agree row by row, and nothing of them is open",
  find: async (evidence) => [
    ...(await paymentsAtOdds(evidence)),
    ...(await refundsAtOdds(evidence)),
    ...(await ordersAtOdds(evidence)),
  ],
};

async function paymentsAtOdds({ sql, ledger }: Evidence): Promise<Offender[]> {
  const payments = await sql<PaymentRow>(PAYMENTS);
  const accounts = accountsOf(ledger);
  const known = new Set(payments.map(({ gateway_key }) => gateway_key));
  const unknown = [...accounts.values()].filter(({ key }) => !known.has(key));
  return [
    ...unknown.map((account) => ({ ...account, problem: 'the ledger has it, and our books have not' })),
    ...payments.flatMap((payment) => {
      const problem = oddityOf(payment, accounts.get(payment.gateway_key));
      return problem ? [{ ...payment, ledger: accounts.get(payment.gateway_key) ?? null, problem }] : [];
    }),
  ];
}

function oddityOf(
  { status, amount, refunded, gateway_reference }: PaymentRow,
  account: Account | undefined,
): string | null {
  const { captured = 0, refunded: paidBack = 0, chargeId = null } = account ?? {};
  if (status === 'pending' || status === 'unknown') return 'not settled';
  if (status === 'declined') return captured === 0 ? null : 'declined, yet captured';
  if (captured !== amount) return 'captured is another amount';
  if (paidBack !== refunded) return 'refunded is another amount';
  return amount > 0 && chargeId !== gateway_reference ? 'another reference' : null;
}

async function refundsAtOdds({ sql, ledger }: Evidence): Promise<Offender[]> {
  const refunds = await sql<RefundRow>(REFUNDS);
  const byKey = new Map(
    ledger.flatMap((entry) => (entry.refundKey === undefined ? [] : [[entry.refundKey, entry]])),
  );
  const known = new Set(refunds.map(({ gateway_key }) => gateway_key));
  const sums = await sql<Offender>(
    `SELECT p.id, p.refunded::float8 AS refunded, sum(r.amount)::float8 AS sum, 'refunds do not add up' AS problem
     FROM payments.payments p LEFT JOIN payments.refunds r ON r.payment_id = p.id AND r.state = 'done'
     GROUP BY p.id HAVING p.refunded <> coalesce(sum(r.amount), 0)`,
  );
  return [
    ...sums,
    ...[...byKey.keys()]
      .filter((key) => !known.has(key))
      .map((key) => ({ key, problem: 'a refund that is not in our books' })),
    ...refunds.flatMap((refund) => {
      const entry = byKey.get(refund.gateway_key);
      if (refund.state === 'pending') return [{ ...refund, problem: 'not settled' }];
      if (refund.state === 'failed') return entry ? [{ ...refund, problem: 'failed, yet paid back' }] : [];
      // What a void pays back has no key of its own at the gateway; the sums cover it.
      if (refund.gateway_reference === null) return [];
      return entry?.amount === refund.amount ? [] : [{ ...refund, problem: 'not so in the ledger' }];
    }),
  ];
}

/** What orders show of their payments. */
function ordersAtOdds({ sql }: Evidence): Promise<Offender[]> {
  return sql(
    `SELECT o.id AS order_id, o.payment_id, o.payment_status AS shown, p.status FROM orders.orders o
     LEFT JOIN payments.payments p ON p.id = o.payment_id
     WHERE o.payment_id IS NOT NULL AND (o.payment_status, o.id) IS DISTINCT FROM (p.status, p.order_id)`,
  );
}

const moneyKept: Invariant = {
  name: 'I11',
  says: 'the gateway keeps the total of a confirmed order, less what was refunded by hand, and nothing of a failed or cancelled one',
  find: async ({ sql, ledger }) => {
    const orders = await sql<OrderRow>(ORDERS);
    const payments = await sql<PaymentRow>(PAYMENTS);
    const refunds = await sql<RefundRow>(`${REFUNDS} WHERE origin = 'manual' AND state = 'done'`);
    const accounts = accountsOf(ledger);
    const paymentOf = new Map(
      payments.filter(({ kind }) => kind === 'workflow').map((row) => [row.order_id, row]),
    );
    const givenBack = Map.groupBy(refunds, ({ payment_id }) => payment_id);
    const keptFor = new Map<string | null, number>();
    for (const account of accounts.values()) {
      keptFor.set(account.orderId, (keptFor.get(account.orderId) ?? 0) + keeps(account));
    }
    return orders.flatMap((order) => {
      const { id, status, total } = order;
      const payment = paymentOf.get(id);
      const fallen = status === 'failed' || status === 'cancelled';
      const account = accounts.get(payment?.gateway_key ?? '');
      const kept = fallen ? (keptFor.get(id) ?? 0) : account ? keeps(account) : 0;
      const byHand = (givenBack.get(payment?.id ?? '') ?? []).reduce((sum, { amount }) => sum + amount, 0);
      const expected = fallen ? 0 : total - byHand;
      return status === 'pending' || kept === expected
        ? []
        : [{ order_id: id, status, total, expected, kept }];
    });
  },
};

export const MONEY_INVARIANTS = [chargedOnce, booksAgree, moneyKept] as const;
