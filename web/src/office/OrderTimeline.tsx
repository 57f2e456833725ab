import { Card, Checkbox, Group, Spoiler, Stack, Text, Timeline, Title } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../api/problem';
import { TraceLink } from '../components/TraceLink';
import { moneyText, timeText } from '../format';
import { historyQuery, type Order } from '../queries';
import { strings } from '../strings';
import { useNameOf } from './parts';
import {
  type LoggedEvent,
  MESSAGING,
  messagesOfOrderQuery,
  type Movement,
  movementsOfOrderQuery,
  type Notification,
  notificationsOfOrderQuery,
  orderPaymentsQuery,
  type PaymentEntry,
  paymentHistoryQuery,
} from './queries';
import { office } from './strings';

const { timeline: texts } = office;
const KINDS = ['status', 'payment', 'stock', 'message', 'notification'] as const;
type Kind = (typeof KINDS)[number];

const COLORS: Record<Kind, string> = {
  status: 'harbour',
  payment: 'teal',
  stock: 'orange',
  message: 'gray',
  notification: 'grape',
};

interface Entry {
  id: string;
  kind: Kind;
  at: string;
  title: string;
  text?: string | null;
  by?: string;
  traceId: string | null;
}

/** All that has happened with an order, of all modules, in the order of their clocks. */
export function OrderTimeline({ order }: { order: Order }) {
  const { entries, isMore, problem } = useEntries(order);
  const [shown, setShown] = useState<string[]>([...KINDS]);
  const nameOf = useNameOf(order.userId);
  const visible = entries.filter(({ kind }) => shown.includes(kind));
  return (
    <Card withBorder>
      <Stack>
        <Title order={2} size="h4">
          {texts.title}
        </Title>
        <Checkbox.Group label={texts.show} value={shown} onChange={setShown}>
          <Group mt={4}>
            {KINDS.map((kind) => (
              <Checkbox key={kind} value={kind} label={texts.kinds[kind]} />
            ))}
          </Group>
        </Checkbox.Group>
        {problem && (
          <Text c="red" role="alert" className="wrap">
            {texts.partial} {problem.text}
          </Text>
        )}
        <Timeline active={visible.length} bulletSize={16} lineWidth={2}>
          {visible.map((entry) => (
            <Timeline.Item key={entry.id} color={COLORS[entry.kind]} title={entry.title} className="wrap">
              <Text size="sm" c="dimmed">
                {texts.kinds[entry.kind]} · {timeText(entry.at, true)}
                {entry.by !== undefined && ` · ${office.by.say(nameOf(entry.by))}`}
              </Text>
              {entry.text && (
                <Spoiler maxHeight={48} showLabel={strings.more} hideLabel={strings.close}>
                  <Text size="sm" className="wrap">
                    {entry.text}
                  </Text>
                </Spoiler>
              )}
              <TraceLink traceId={entry.traceId} at={entry.at} of={entry.title} />
            </Timeline.Item>
          ))}
        </Timeline>
        {isMore && <Text size="sm">{texts.more}</Text>}
      </Stack>
    </Card>
  );
}

function useEntries({ id }: Order) {
  const history = useQuery(historyQuery(id));
  const movements = useQuery(movementsOfOrderQuery(id));
  const notifications = useQuery(notificationsOfOrderQuery(id));
  const messages = useQueries({ queries: MESSAGING.map((module) => messagesOfOrderQuery(id, module)) });
  const payments = useQuery(orderPaymentsQuery(id));
  const charges = useQueries({
    queries: (payments.data ?? []).map((payment) => paymentHistoryQuery(payment.id)),
  });
  const lists = [movements, notifications, ...messages, ...charges];
  const failed = [history, payments, ...lists].find(
    ({ error, data }) => error !== null && data === undefined,
  );
  const entries = [
    ...(history.data ?? []).map(ofHistory),
    ...(movements.data?.data ?? []).map(ofMovement),
    ...(notifications.data?.data ?? []).map(ofNotification),
    ...messages.flatMap(({ data }) => (data?.data ?? []).map(ofMessage)),
    ...charges.flatMap(({ data }) => (data?.data ?? []).map(ofPayment)),
  ];
  return {
    entries: entries.toSorted((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at))),
    isMore: lists.some(({ data }) => typeof data?.nextCursor === 'string'),
    problem: failed ? Problem.of(failed.error) : null,
  };
}

type HistoryEntry = Awaited<ReturnType<NonNullable<ReturnType<typeof historyQuery>['queryFn']>>>[number];

function ofHistory({ from, to, at, by, reason, traceId }: HistoryEntry, index: number): Entry {
  const title = from === to ? texts.edited : from === null ? texts.placed : strings.orders.status[to];
  return { id: `status ${index}`, kind: 'status', at, title, text: reason, by, traceId };
}

function ofMovement(movement: Movement): Entry {
  const { id, kind, sku, warehouse, onHandDelta, reservedDelta, at, reason, actor, traceId } = movement;
  const quantity = Math.abs(onHandDelta === 0 ? reservedDelta : onHandDelta);
  const title = texts.movement(office.movements[kind], quantity, sku, warehouse);
  return { id, kind: 'stock', at, title, text: reason, by: actor, traceId };
}

function ofNotification({ id, type, subject, body, status, createdAt, traceId }: Notification): Entry {
  const outcome = status === 'sent' ? '' : ` (${office.sent[status]})`;
  const title = texts.notification(office.channels[type], subject) + outcome;
  return { id, kind: 'notification', at: createdAt, title, text: body, traceId };
}

function ofMessage({ id, name, occurredAt, publishedAt, traceId }: LoggedEvent): Entry {
  const text = publishedAt === null ? texts.waiting : null;
  return { id, kind: 'message', at: occurredAt, title: texts.message(name), text, traceId };
}

function ofPayment({ id, kind, amount, status, reason, by, createdAt, traceId }: PaymentEntry): Entry {
  const title = texts[kind](moneyText(amount), office.payments.statuses[status]);
  return { id, kind: 'payment', at: createdAt, title, text: reason, by, traceId };
}
