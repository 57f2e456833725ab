import { Injectable } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import type { WireError } from '../../../common/errors/domain-error.js';
import { failpoint } from '../../../common/failpoint.js';
import { EventPump } from '../../../common/messaging/event-pump.js';
import { newEvent, type OutboxEvent, outboxInsert } from '../../../common/messaging/outbox.js';
import { GroupCommit } from '../../../common/persistence/group-commit.js';
import { prepared, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import type { SagaRun } from '../../../common/saga/saga.js';
import { finishSagas } from '../../../common/saga/saga-store.js';
import { currentTraceId } from '../../../common/telemetry/work-context.js';
import { type Change, type Changed, confirm, fail, type Order, toChange } from '../domain/order.js';
import { OrderEvents } from '../orders.contract.js';
import { PLACE_ORDER_SECRETS, type PlaceOrder } from '../place-order.state.js';
import { processingDuration, productRevenue, revenue } from '../orders.metrics.js';
import { ProductLabels } from '../product-labels.js';
import { OrderReader } from './order-reader.js';

interface End extends Changed {
  run: SagaRun<PlaceOrder>;
  event: OutboxEvent;
  /** What the request's idempotency key answers from now on; null frees the key. */
  answer: { status: number; body: unknown } | null;
}

/** `ended`: written. `lost`: another claim has the saga. `stale`: the order changed since it was read. */
type EndResult = 'ended' | 'lost' | 'stale';

/**
 * The ends of many orders in one statement, each under its saga's fence: saga, order, history, event, answer.
 * An order that was changed meanwhile (its owner may edit the note of a pending one) is left as it is, saga
 * included, and shows as stale.
 */
const END = (status: 'completed' | 'compensated') => `
  WITH input AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (
      id uuid, fence bigint, version int, status text, payment_id uuid, failure jsonb, at timestamptz, by text,
      reason text, trace_id text, scope text, key text, answer_status int, answer jsonb)
  ), current AS (
    SELECT i.id, i.fence FROM input i JOIN orders o ON o.id = i.id
    WHERE o.id = ANY (ARRAY(SELECT id FROM input)) AND o.version = i.version - 1 AND o.status = 'pending'
    ORDER BY o.id FOR UPDATE OF o
  ), won AS (
    ${finishSagas(
      status,
      { ids: 'ARRAY(SELECT id FROM current)', fences: 'ARRAY(SELECT fence FROM current)' },
      PLACE_ORDER_SECRETS,
    )}
  ), ended AS (
    UPDATE orders o SET status = i.status, version = i.version, updated_at = i.at, failure = i.failure,
      payment_id = i.payment_id, payment_status = CASE WHEN i.payment_id IS NULL THEN NULL ELSE 'captured' END
    FROM input i WHERE o.id = i.id AND o.id = ANY (ARRAY(SELECT id FROM won))
  ), history AS (
    INSERT INTO order_history (order_id, version, from_status, to_status, at, by, reason, trace_id)
    SELECT id, version, 'pending', status, at, by, reason, trace_id FROM input WHERE id IN (SELECT id FROM won)
  ), answered AS (
    UPDATE idempotency_keys k SET status = i.answer_status, answer = i.answer
    FROM input i WHERE k.scope = i.scope AND k.key = i.key AND i.answer IS NOT NULL AND i.id IN (SELECT id FROM won)
  ), freed AS (
    DELETE FROM idempotency_keys k USING input i
    WHERE k.scope = i.scope AND k.key = i.key AND i.answer IS NULL AND i.id IN (SELECT id FROM won)
  ), events AS (
    ${outboxInsert('$2', 'SELECT id FROM won')}
  )
  SELECT c.id, w.id IS NOT NULL AS won FROM current c LEFT JOIN won w ON w.id = c.id`;

const SQL = { completed: prepared(END('completed')), compensated: prepared(END('compensated')) };

/** Settles orders: confirmed, or failed. Nobody hears of it before it is durable. */
@Injectable()
export class OrderEnds {
  private readonly confirmations: GroupCommit<End, EndResult>;
  private readonly failures: GroupCommit<End, EndResult>;

  constructor(
    private readonly uow: UnitOfWork,
    private readonly reader: OrderReader,
    private readonly clock: Clock,
    private readonly pump: EventPump,
    private readonly labels: ProductLabels,
  ) {
    this.confirmations = new GroupCommit((batch) => this.write('completed', batch), {
      name: 'orders.confirm',
      module: 'orders',
    });
    this.failures = new GroupCommit((batch) => this.write('compensated', batch), {
      name: 'orders.fail',
      module: 'orders',
    });
  }

  /** Confirms the order of a saga whose steps are all done. False when the claim is lost. */
  async confirm(run: SagaRun<PlaceOrder>): Promise<boolean> {
    const { paymentId } = run.state;
    if (!paymentId) throw new Error(`order ${run.id} has no payment to be confirmed with`);
    const confirmed = await this.end(run, this.confirmations, (order) => {
      const changed = confirm(order, { id: paymentId, status: 'captured' }, this.change(null));
      const event = newEvent(OrderEvents.confirmed, toChange(changed.order, null));
      return { ...changed, run, event, answer: { status: 201, body: changed.order } };
    });
    if (confirmed && run.state.order) this.count(run.state.order);
    return confirmed;
  }

  /** Fails the order of a saga that has turned back. False when the claim is lost. */
  async fail(run: SagaRun<PlaceOrder>, failure: WireError): Promise<boolean> {
    return this.end(run, this.failures, (order) => {
      const reason = { code: failure.code, detail: failure.detail };
      const changed = fail(order, reason, this.change(failure.code));
      const event = newEvent(OrderEvents.failed, toChange(changed.order, failure.code));
      // A dependency that was down says nothing about the order: the same key may try again.
      const answer = failure.status === 503 ? null : { status: failure.status, body: failure };
      return { ...changed, run, event, answer };
    });
  }

  private count({ createdAt, updatedAt, total, items }: Order): void {
    processingDuration.observe({}, (Date.parse(updatedAt) - Date.parse(createdAt)) / 1000);
    const { currency } = total;
    revenue.inc({ currency }, total.amount);
    for (const { sku, total: line } of items)
      productRevenue.inc({ currency, product: this.labels.of(sku) }, line.amount);
  }

  private async end(
    run: SagaRun<PlaceOrder>,
    writes: GroupCommit<End, EndResult>,
    make: (order: Changed['order']) => End,
  ): Promise<boolean> {
    for (let known = run.state.order; ; known = undefined) {
      const order = known ?? (await this.reader.byId(run.id));
      // Cancelled meanwhile: the saga only has to be closed.
      if (order.status !== 'pending') return this.close(run);
      const end = make(order);
      const result = await writes.submit(end);
      if (result === 'stale') continue;
      if (result === 'lost') return false;
      run.state.order = end.order;
      return true;
    }
  }

  /** Ends the saga of an order that has its end already. */
  private async close(run: SagaRun<PlaceOrder>): Promise<boolean> {
    const sql = finishSagas('compensated', { ids: '$1', fences: '$2' }, PLACE_ORDER_SECRETS);
    const rows = await this.uow.rows(sql, [[run.id], [run.fence]]);
    return rows.length > 0 && run.status === 'compensating';
  }

  private change(reason: string | null): Change {
    const at = this.clock.now().toISOString();
    return { actor: 'system', by: 'system', at, reason, traceId: currentTraceId() };
  }

  private async write(status: 'completed' | 'compensated', batch: End[]): Promise<EndResult[]> {
    failpoint(`orders.${status}.before`);
    const rows = await this.uow.rows<{ id: string; won: boolean }>(SQL[status], [
      JSON.stringify(batch.map(endRow)),
      this.pump.parameter(batch.map(({ event }) => event)),
    ]);
    failpoint(`orders.${status}.after`);
    const results = new Map(rows.map((row) => [row.id, row.won]));
    this.pump.handOn(batch.filter(({ order }) => results.get(order.id)).map(({ event }) => event));
    return batch.map(({ order }) => {
      const won = results.get(order.id);
      return won === undefined ? 'stale' : won ? 'ended' : 'lost';
    });
  }
}

function endRow({ order, entry, run, answer }: End) {
  return {
    id: order.id,
    fence: run.fence,
    version: order.version,
    status: order.status,
    payment_id: order.payment?.id ?? null,
    failure: order.failure,
    at: entry.at,
    by: entry.by,
    reason: entry.reason,
    trace_id: entry.traceId,
    scope: run.state.key?.scope ?? null,
    key: run.state.key?.key ?? null,
    answer_status: answer?.status ?? null,
    answer: answer?.body ?? null,
  };
}
