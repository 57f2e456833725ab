import { Alert, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Problem } from '../api/problem';
import { LinkTo } from '../components/links';
import { Failed, Heading, Loading, Refused } from '../components/states';
import { StatusBadge } from '../components/StatusBadge';
import { timeText } from '../format';
import { Address, Items } from '../pages/OrderPage';
import { historyQuery, type Order, orderQuery, refetch } from '../queries';
import { strings } from '../strings';
import { History } from './History';
import { MoveButtons } from './MoveButtons';
import { type Move, move, MOVES } from './moves';
import {
  eventsOfOrderQuery,
  followedPaymentsQuery,
  movementsOfOrderQuery,
  notificationsOfOrderQuery,
  paymentHistoriesQuery,
} from './queries';
import { Refund } from './Refund';
import { timelineOf } from './timeline';

const { office, orders } = strings;

export function OrderPage() {
  const { id } = useParams({ from: '/office/orders/$id' });
  const { data: order, error, refetch: again } = useQuery(orderQuery(id));
  if (order) return <Details key={id} order={order} />;
  if (error) return <Failed error={error} retry={() => void again()} missing={office.order.unknown} />;
  return <Loading />;
}

function Details({ order }: { order: Order }) {
  const { number, status, userId, createdAt, failure } = order;
  return (
    <Stack>
      <Group justify="space-between">
        <Heading>{orders.order(number)}</Heading>
        <div role="status">
          <StatusBadge status={status} />
        </div>
      </Group>
      <Text c="dimmed">
        {orders.placed} {timeText(createdAt)}
      </Text>
      {failure && (
        <Alert color="red" title={failure.code} className="wrap">
          {failure.detail}
        </Alert>
      )}
      <Moves order={order} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Stack>
          <Items order={order} />
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
        <Stack>
          <Payments id={order.id} />
        </Stack>
      </SimpleGrid>
      <Whole order={order} />
    </Stack>
  );
}

function Moves({ order }: { order: Order }) {
  const { mutate, error, isPending } = useMutation({
    mutationFn: ({ to, reason }: { to: Move; reason: string | undefined }) => move(order, to, reason),
    onSettled: () => refetch('office', 'order', 'orders'),
  });
  const possible = MOVES[order.status];
  return (
    <Stack gap="xs">
      {possible.length > 0 && (
        <MoveButtons
          label={office.order.move}
          moves={possible}
          count={1}
          busy={isPending}
          move={(to, reason) => mutate({ to, reason })}
        />
      )}
      <Refused problem={error && Problem.of(error)} />
    </Stack>
  );
}

function Payments({ id }: { id: string }) {
  const { data: payments } = useQuery(followedPaymentsQuery(id));
  return payments?.map((payment) => <Refund key={payment.id} payment={payment} />);
}

/** History, payments, stock and messages, as one. A part that cannot be had at the moment is left out. */
function Whole({ order }: { order: Order }) {
  const { id, items, userId } = order;
  const history = useQuery(historyQuery(id));
  const payments = useQuery(followedPaymentsQuery(id));
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
      <History entries={entries} customer={userId} />
    </Card>
  );
}
