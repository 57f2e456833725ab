import { Button, Card, Group, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { countOf } from '../basket';
import { LinkButton, LinkTo } from '../components/links';
import { Failed, ForUsers, Heading, Loading } from '../components/states';
import { StatusBadge } from '../components/StatusBadge';
import { moneyText, timeText } from '../format';
import { type Order, ordersQuery } from '../queries';
import { strings } from '../strings';

export function OrdersPage() {
  return (
    <ForUsers>
      <Orders />
    </ForUsers>
  );
}

function Orders() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    ordersQuery(),
  );
  const orders = data?.pages.flatMap((page) => page.data);
  return (
    <Stack maw={720}>
      <Heading>{strings.orders.title}</Heading>
      {!orders && error && <Failed error={error} retry={() => void refetch()} />}
      {!orders && !error && <Loading />}
      {orders?.length === 0 && (
        <Stack align="flex-start">
          <Text>{strings.orders.none}</Text>
          <LinkButton to="/" search={{}}>
            {strings.toProducts}
          </LinkButton>
        </Stack>
      )}
      {orders?.map((order) => (
        <OrderCard key={order.id} order={order} />
      ))}
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {strings.more}
        </Button>
      )}
    </Stack>
  );
}

function OrderCard({ order: { id, number, status, total, items, createdAt } }: { order: Order }) {
  return (
    <Card withBorder padding="sm">
      <Group justify="space-between">
        <Stack gap={2}>
          <LinkTo to="/orders/$id" params={{ id }} fw={600}>
            {number}
          </LinkTo>
          <Text size="sm" c="dimmed">
            {timeText(createdAt)} · {strings.orders.count(countOf(items))}
          </Text>
        </Stack>
        <Group gap="sm">
          <Text>{moneyText(total)}</Text>
          <StatusBadge status={status} />
        </Group>
      </Group>
    </Card>
  );
}
