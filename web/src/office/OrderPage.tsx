import { Alert, Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { LinkTo } from '../components/links';
import { OrderItems } from '../components/OrderItems';
import { Failed, Heading, Loading } from '../components/states';
import { StatusBadge } from '../components/StatusBadge';
import { timeText } from '../format';
import { Address } from '../pages/OrderPage';
import { type Order, orderQuery, refetch } from '../queries';
import { strings } from '../strings';
import { CancelDialog } from './CancelDialog';
import { move, NEXT, type Target } from './moves';
import { Refusal, useAction } from './parts';
import { orderPaymentsQuery } from './queries';
import { PaymentCard } from './Refund';
import { OrderTimeline } from './OrderTimeline';
import { office } from './strings';

const { orders: texts } = office;

export function OrderPage() {
  const { id } = useParams({ from: '/office/orders/$id' });
  const { data: order, error, refetch: again } = useQuery(orderQuery(id));
  if (order) return <Details key={id} order={order} />;
  if (error) return <Failed error={error} retry={() => void again()} missing={texts.unknown} />;
  return <Loading />;
}

function Details({ order }: { order: Order }) {
  const { id, number, status, createdAt, failure } = order;
  return (
    <Stack>
      <Group justify="space-between">
        <Heading>{strings.orders.order(number)}</Heading>
        <div role="status">
          <StatusBadge status={status} />
        </div>
      </Group>
      <Text c="dimmed">
        {strings.orders.placed} {timeText(createdAt)} · {texts.version(order.version)}
      </Text>
      {failure && (
        <Alert color="red" title={failure.code} className="wrap">
          {failure.detail}
        </Alert>
      )}
      <Actions order={order} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Facts order={order} />
        <Payments orderId={id} />
      </SimpleGrid>
      <OrderTimeline order={order} />
    </Stack>
  );
}

function Actions({ order }: { order: Order }) {
  const [cancelling, setCancelling] = useState(false);
  const { busy, problem, run } = useAction();
  const targets = NEXT[order.status];
  const apply = async (target: Target, reason?: string) => {
    setCancelling(false);
    await run(() => move(order, target, reason));
    // Also when it was refused: somebody else may have been quicker.
    refetch('orders', 'office', ['order', order.id]);
  };
  return (
    <Stack gap="xs">
      <Refusal problem={problem} />
      <Group gap="xs">
        {targets.map((target) => (
          <Button
            key={target}
            variant={target === 'cancelled' ? 'default' : 'filled'}
            disabled={busy}
            onClick={() => (target === 'cancelled' ? setCancelling(true) : void apply(target))}
          >
            {texts.move[target]}
          </Button>
        ))}
      </Group>
      <CancelDialog
        count={1}
        opened={cancelling}
        close={() => setCancelling(false)}
        cancel={(reason) => void apply('cancelled', reason)}
      />
    </Stack>
  );
}

function Facts({ order }: { order: Order }) {
  return (
    <Card withBorder>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {texts.facts}
        </Title>
        <OrderItems order={order} page="/office/stock/$sku" />
        <Title order={3} size="h5">
          {texts.address}
        </Title>
        <Address order={order} />
        <LinkTo to="/office/orders" search={{ user: order.userId }}>
          {texts.allOf}
        </LinkTo>
      </Stack>
    </Card>
  );
}

function Payments({ orderId }: { orderId: string }) {
  const { data, error, refetch: again } = useQuery(orderPaymentsQuery(orderId));
  return (
    <Card withBorder>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {office.payments.ofOrder}
        </Title>
        {!data && error && <Failed error={error} retry={() => void again()} />}
        {data?.length === 0 && <Text>{office.payments.none}</Text>}
        {data?.map((payment) => (
          <PaymentCard key={payment.id} payment={payment} />
        ))}
      </Stack>
    </Card>
  );
}
