import { TRANSITIONS } from '../../../src/modules/orders/domain/order-status.js';
import type { Evidence, Sighting } from '../evidence.js';
import { FALLEN, type Invariant, invariant, type Offender, STANDING } from './invariant.js';

type Placed = Extract<Sighting, { kind: 'placed' }>;

function placedOf({ sightings }: Evidence): Placed[] {
  return (sightings ?? []).filter((each) => each.kind === 'placed');
}

const acknowledged: Invariant = {
  name: 'I1',
  says: 'every acknowledged order exists, and what was acknowledged of it is so',
  canTell: ({ sightings }) => sightings !== null,
  find: async (evidence) => [
    ...(await missingOrders(evidence)),
    ...(await neverConfirmed(evidence)),
    ...(await stillStanding(evidence)),
  ],
};

function missingOrders(evidence: Evidence): Promise<Offender[]> {
  const ids = placedOf(evidence).flatMap(({ orderId }) => orderId ?? []);
  return evidence.sql(
    `SELECT a.id AS order_id, 'acknowledged, and not there' AS problem FROM unnest($1::uuid[]) AS a (id)
     WHERE NOT EXISTS (SELECT 1 FROM orders.orders o WHERE o.id = a.id)`,
    [ids],
  );
}

function neverConfirmed(evidence: Evidence): Promise<Offender[]> {
  const confirmed = placedOf(evidence).filter(({ status }) => status === 201);
  return evidence.sql(
    `SELECT a.id AS order_id, 'acknowledged as confirmed, and never was' AS problem FROM unnest($1::uuid[]) AS a (id)
     WHERE NOT EXISTS (SELECT 1 FROM orders.order_history h WHERE h.order_id = a.id AND h.to_status = 'confirmed')`,
    [confirmed.flatMap(({ orderId }) => orderId ?? [])],
  );
}

function stillStanding(evidence: Evidence): Promise<Offender[]> {
  const cancelled = (evidence.sightings ?? []).filter((each) => each.kind === 'cancelled');
  return evidence.sql(
    `SELECT o.id AS order_id, o.status, 'acknowledged as cancelled, and is not' AS problem FROM orders.orders o
     WHERE o.id = ANY($1::uuid[]) AND o.status <> 'cancelled'`,
    [cancelled.map(({ orderId }) => orderId)],
  );
}

/** A request that a dependency kept from being done frees its key, so failed orders do not count. */
const ORDERS_OF_A_KEY = `
  SELECT s.state -> 'key' ->> 'scope' AS scope, s.state -> 'key' ->> 'key' AS key, array_agg(o.id) AS orders
  FROM orders.sagas s JOIN orders.orders o ON o.id = s.id
  WHERE s.state -> 'key' ->> 'key' IS NOT NULL AND o.status <> 'failed'
  GROUP BY 1, 2 HAVING count(*) > 1`;

const KEYS_WITHOUT_ANSWER = `
  SELECT k.scope, k.key, k.resource_id, 'in flight for ever' AS problem FROM orders.idempotency_keys k
  WHERE k.status IS NULL`;

const oncePerKey: Invariant = {
  name: 'I2',
  says: 'one order per user and idempotency key, and every key has its answer',
  find: async (evidence) => [
    ...(await evidence.sql<Offender>(ORDERS_OF_A_KEY)),
    ...(await evidence.sql<Offender>(KEYS_WITHOUT_ANSWER)),
    ...answeredTwice(evidence),
    ...(await refusedYetStanding(evidence)),
  ],
};

/** One key, acknowledged with two orders. */
function answeredTwice(evidence: Evidence): Offender[] {
  const placed = placedOf(evidence).filter(({ orderId }) => orderId !== null);
  const byKey = Map.groupBy(placed, ({ user, key }) => `${user} ${key}`);
  return [...byKey.values()].flatMap((answers) => {
    const ids = [...new Set(answers.map(({ orderId }) => orderId))];
    const [{ user, key } = { user: '', key: '' }] = answers;
    return ids.length > 1 ? [{ user, key, orders: ids, problem: 'answered with several orders' }] : [];
  });
}

/** The customer was told no, for good, and yet an order stands under that key. */
async function refusedYetStanding(evidence: Evidence): Promise<Offender[]> {
  const refused = placedOf(evidence).filter(
    ({ status, code }) => (status === 402 || status === 409) && code !== 'IDEMPOTENCY.IN_FLIGHT',
  );
  return evidence.sql(
    `SELECT o.id AS order_id, o.status, r.key, 'refused, and stands' AS problem
     FROM unnest($1::text[], $2::text[]) AS r (scope, key)
     JOIN orders.idempotency_keys k ON k.scope = r.scope AND k.key = r.key
     JOIN orders.orders o ON o.id = k.resource_id WHERE o.status IN ${STANDING}`,
    [refused.map(({ user }) => `orders.place:${user}`), refused.map(({ key }) => key)],
  );
}

const settled = invariant(
  'I3',
  'every order is settled, and its saga says the same',
  `SELECT o.id AS order_id, o.status, s.status AS saga FROM orders.orders o LEFT JOIN orders.sagas s ON s.id = o.id
   WHERE o.status = 'pending' OR s.status IS NULL
     OR (o.status IN ${STANDING} AND s.status <> 'completed') OR (o.status IN ${FALLEN} AND s.status <> 'compensated')`,
  `SELECT id AS order_id, 'the payment token is still there' AS problem FROM orders.sagas
   WHERE status IN ('completed', 'compensated') AND state ? 'token'`,
);

const ALLOWED = Object.entries(TRANSITIONS).flatMap(([from, targets]) =>
  Object.keys(targets).map((to) => `('${from}', '${to}')`),
);

const history = invariant(
  'I15',
  'only allowed transitions, and versions from 1 on without gap or repeat',
  `SELECT h.order_id, h.version, h.from_status, h.to_status, 'not allowed' AS problem FROM orders.order_history h
   WHERE h.from_status IS DISTINCT FROM h.to_status AND NOT (h.from_status IS NULL AND h.to_status = 'pending')
     AND (h.from_status IS NULL OR (h.from_status, h.to_status) NOT IN (${ALLOWED.join(', ')}))`,
  `SELECT * FROM (
     SELECT h.order_id, h.version, h.from_status, lag(h.to_status) OVER w AS before,
       h.version - coalesce(lag(h.version) OVER w, 0) AS step, 'a gap in the history' AS problem
     FROM orders.order_history h WINDOW w AS (PARTITION BY h.order_id ORDER BY h.version)
   ) AS steps WHERE step <> 1 OR from_status IS DISTINCT FROM before`,
  `SELECT o.id AS order_id, o.version, o.status, h.version AS last_version, h.to_status AS last_status
   FROM orders.orders o LEFT JOIN LATERAL (
     SELECT version, to_status FROM orders.order_history WHERE order_id = o.id ORDER BY version DESC LIMIT 1) AS h ON true
   WHERE (h.version, h.to_status) IS DISTINCT FROM (o.version, o.status)`,
);

export const ORDER_INVARIANTS = [acknowledged, oncePerKey, settled] as const;
export const HISTORY_INVARIANTS = [history] as const;
