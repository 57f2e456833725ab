import { Button, Card, Group, Stack, Text, Timeline, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Problem } from '../api/problem';
import { LinkTo } from '../components/links';
import { Failed, Heading, Loading, Refused } from '../components/states';
import { StatusBadge } from '../components/StatusBadge';
import { timeText } from '../format';
import { Address, Items } from '../pages/OrderPage';
import { historyQuery, type Order, orderQuery, paymentsOfOrderQuery, refetch } from '../queries';
import { strings } from '../strings';
import { type Move, move, MOVES } from './moves';
import { Refund } from './Refund';
import {
  eventsOfOrderQuery,
  movementsOfOrderQuery,
  notificationsOfOrderQuery,
  paymentHistoriesQuery,
} from './queries';
import { type Entry, timelineOf } from './timeline';
import { Trace } from './Trace';

const { office, orders } = strings;

export function OrderPage() {
  const { id } = useParams({ from: '/office/orders/$id' });
  const { data: order, error, refetch: again } = useQuery(orderQuery(id));
  if (order) return <Details order={order} />;
  if (error) return <Failed error={error} retry={() => void again()} missing={orders.unknown} />;
  return <Loading />;
}

function Details({ order }: { order: Order }) {
  const { number, status, userId } = order;
  return (
    <Stack maw={860}>
      <Group justify="space-between">
        <Heading>{orders.order(number)}</Heading>
        <div role="status">
          <StatusBadge status={status} />
        </div>
      </Group>
      <Moves order={order} />
      <Whole order={order} />
      <Items order={order} />
      <Payments id={order.id} />
      <Card withBorder>
        <Title order={2} size="h4">
          {orders.address}
        </Title>
        <Address order={order} />
        <LinkTo to="/office/orders" search={{ userId }} mt="sm">
          {office.order.customers}
        </LinkTo>
      </Card>
    </Stack>
  );
}

function Moves({ order }: { order: Order }) {
  const { mutate, error, isPending } = useMutation({
    mutationFn: (to: Move) => move(order, to),
    onSettled: () => refetch('office', 'order', 'orders'),
  });
  const possible = MOVES[order.status];
  if (possible.length === 0) return null;
  return (
    <Stack gap="xs">
      <Group gap="sm" role="group" aria-label={office.order.move}>
        {possible.map((to) => (
          <Button
            key={to}
            variant={to === 'cancelled' ? 'default' : 'filled'}
            loading={isPending}
            onClick={() => mutate(to)}
          >
            {office.orders.moves[to]}
          </Button>
        ))}
      </Group>
      <Refused problem={error && Problem.of(error)} />
    </Stack>
  );
}

function Payments({ id }: { id: string }) {
  const { data: payments } = useQuery(paymentsOfOrderQuery(id));
  return (
    <>
      {payments?.map((payment) => (
        <Refund key={payment.id} payment={payment} />
      ))}
    </>
  );
}

/** History, payments, stock and messages, as one. A part that cannot be had at the moment is left out. */
function Whole({ order }: { order: Order }) {
  const { id, items } = order;
  const history = useQuery(historyQuery(id));
  const payments = useQuery(paymentsOfOrderQuery(id));
  const skus = items.map(({ sku }) => sku);
  const movements = useQuery(movementsOfOrderQuery(id, skus));
  const notifications = useQuery(notificationsOfOrderQuery(id));
  const events = useQuery(eventsOfOrderQuery(id));
  const paymentIds = (payments.data ?? []).map((payment) => payment.id);
  const charges = useQuery(paymentHistoriesQuery(id, paymentIds));
  const entries = timelineOf({
    history: history.data ?? [],
    payments: charges.data ?? [],
    movements: movements.data ?? [],
    notifications: notifications.data ?? [],
    events: events.data ?? [],
  });
  const failed = [history, payments, charges, movements, notifications, events].find(
    ({ error, data }) => error && !data,
  );
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="md">
        {orders.timeline}
      </Title>
      {failed && <Failed error={failed.error} retry={() => void failed.refetch()} />}
      <Timeline active={entries.length - 1} bulletSize={18} lineWidth={2}>
        {entries.map((entry) => (
          <Timeline.Item key={entry.key} title={`${office.order.kinds[entry.kind]}: ${entry.text}`}>
            <Line entry={entry} owner={order.userId} />
          </Timeline.Item>
        ))}
      </Timeline>
    </Card>
  );
}

function nameOf(who: string, owner: string): string {
  if (who === 'system') return office.order.system;
  return who === owner ? office.order.owner : who;
}

function Line({ entry: { at, detail, by, traceId }, owner }: { entry: Entry; owner: string }) {
  return (
    <>
      {detail && (
        <Text size="sm" className="wrap">
          {detail}
        </Text>
      )}
      <Text size="sm" c="dimmed" className="wrap">
        {timeText(at)}
        {by && `, ${office.order.by(nameOf(by, owner))}`}
      </Text>
      {traceId && <Trace traceId={traceId} at={at} />}
    </>
  );
}
