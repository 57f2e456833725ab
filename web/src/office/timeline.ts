import type { components } from '../api/schema';
import { moneyText } from '../format';
import { strings } from '../strings';
import type { LoggedEvent, Movement, PaymentEntry } from './queries';

type History = components['schemas']['OrderHistory']['data'];
type Notification = components['schemas']['Notification'];

const { office } = strings;
const STATUS = { ...strings.orders.payments, ...office.order.refundStatus };

export type Kind = keyof typeof office.order.kinds;
export const KINDS = Object.keys(office.order.kinds) as Kind[];

export interface Entry {
  key: string;
  at: string;
  kind: Kind;
  text: string;
  /** More of it, where there is more. */
  detail: string | null;
  by: string | null;
  /** The trace in which it happened, as far as that is known. */
  traceId: string | null;
}

export interface Facts {
  history: History;
  /** What was done with all payments of the order. */
  payments: readonly PaymentEntry[];
  movements: readonly Movement[];
  notifications: readonly Notification[];
  /** What modules told each other. */
  events: readonly LoggedEvent[];
}

/** All that is known of an order, in the order in which it happened. */
export function timelineOf({ history, payments, movements, notifications, events }: Facts): Entry[] {
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
    ...paymentEntries(payments),
    ...movements.map(
      ({ id, kind, sku, warehouse, onHandDelta, reservedDelta, reason, actor, at, traceId }) => ({
        key: `stock ${id}`,
        at,
        kind: 'stock' as const,
        text: office.order.movement(office.stock.kinds[kind], sku, warehouse),
        detail: [
          onHandDelta !== 0 && `${office.stock.onHand} ${signed(onHandDelta)}`,
          reservedDelta !== 0 && `${office.stock.reserved} ${signed(reservedDelta)}`,
          reason,
        ]
          .filter(Boolean)
          .join(', '),
        by: actor,
        traceId,
      }),
    ),
    ...notifications.map(({ id, subject, type, status, createdAt, traceId }) => ({
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
      traceId,
    })),
    ...events.map(({ id, name, occurredAt, publishedAt, traceId }) => ({
      key: `event ${id}`,
      at: occurredAt,
      kind: 'event' as const,
      text: name,
      detail: publishedAt === null ? office.order.notHandedOn : null,
      by: null,
      traceId,
    })),
  ];
  return entries.sort((one, other) => one.at.localeCompare(other.at));
}

/** A charge is what it was then: that it was given back later is told by its refunds, with their reasons. */
export function paymentEntries(payments: readonly PaymentEntry[]): Entry[] {
  return payments.map(({ id, kind, amount, status, reason, by, createdAt, traceId }) => {
    const wasGivenBack = status === 'refunded' || status === 'partially_refunded';
    return {
      key: `${kind} ${id}`,
      at: createdAt,
      kind: kind === 'charge' ? ('payment' as const) : kind,
      text: office.order.charged(moneyText(amount), STATUS[wasGivenBack ? 'captured' : status]),
      detail: wasGivenBack ? null : reason,
      by,
      traceId,
    };
  });
}

const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** To the second: much happens within a minute. */
export const momentText = (time: string) => MOMENT.format(new Date(time));

export function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value).replace('-', '−');
}
