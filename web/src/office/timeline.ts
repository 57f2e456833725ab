import type { components } from '../api/schema';
import { moneyText } from '../format';
import type { Order, Payment } from '../queries';
import { strings } from '../strings';
import type { Movement } from './queries';

type History = components['schemas']['OrderHistory']['data'];
type Notification = components['schemas']['Notification'];

export interface Entry {
  key: string;
  at: string;
  kind: keyof typeof strings.office.order.kinds;
  text: string;
  detail: string | null;
  by: string | null;
  /** The trace in which it happened, as far as that is known. */
  traceId: string | null;
}

export interface Facts {
  history: History;
  payments: readonly Payment[];
  movements: readonly Movement[];
  notifications: readonly Notification[];
}

/** What of an order's life brings each movement about. A consumer goes on with the trace of what it hears of. */
const CAUSE: Record<Movement['kind'], Order['status'][]> = {
  received: [],
  adjusted: [],
  reserved: ['pending'],
  committed: ['confirmed'],
  released: ['failed', 'cancelled'],
  restocked: ['cancelled'],
};

const { office } = strings;

/** All that is known of an order, in the order in which it happened. */
export function timelineOf({ history, payments, movements, notifications }: Facts): Entry[] {
  const traceOf = (states: readonly string[]) =>
    history.find(({ from, to }) => from !== to && states.includes(to))?.traceId ?? null;
  const entries: Entry[] = [
    ...history.map(({ from, to, at, by, reason, traceId }, index) => ({
      key: `order ${index}`,
      at,
      kind: 'order' as const,
      text: from === to ? strings.orders.edited : strings.orders.status[to],
      detail: reason,
      by,
      traceId,
    })),
    ...payments.map(({ id, amount, refunded, status, reason, createdAt }) => ({
      key: `payment ${id}`,
      at: createdAt,
      kind: 'payment' as const,
      text: office.order.charged(moneyText(amount), strings.orders.payments[status]),
      detail: [refunded.amount > 0 && strings.orders.refunded(moneyText(refunded)), reason]
        .filter(Boolean)
        .join(', '),
      by: null,
      traceId: traceOf(['pending']),
    })),
    ...movements.map(({ id, kind, sku, warehouse, onHandDelta, reservedDelta, reason, actor, at }) => ({
      key: `stock ${id}`,
      at,
      kind: 'stock' as const,
      text: office.order.movement(office.stock.kinds[kind], sku, warehouse),
      detail: [
        onHandDelta !== 0 && signed(onHandDelta),
        reservedDelta !== 0 && `(${signed(reservedDelta)})`,
        reason,
      ]
        .filter(Boolean)
        .join(' '),
      by: actor,
      traceId: actor === 'system' ? traceOf(CAUSE[kind]) : null,
    })),
    ...notifications.map(({ id, subject, type, status, template, createdAt }) => ({
      key: `message ${id}`,
      at: createdAt,
      kind: 'message' as const,
      text: office.order.told(
        subject,
        strings.notifications.channel[type],
        strings.notifications.status[status],
      ),
      detail: null,
      by: null,
      traceId: template.startsWith('order-') ? traceOf([template.slice('order-'.length)]) : null,
    })),
  ];
  return entries.sort((one, other) => one.at.localeCompare(other.at));
}

export function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value).replace('-', '−');
}
