import { Alert, Card, Group, Stack, Text, Timeline, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Failed, ForUsers, Heading, Loading } from '../components/states';
import { LinkTo } from '../components/links';
import { StatusBadge } from '../components/StatusBadge';
import { moneyText, timeText } from '../format';
import { historyQuery, type Order, orderQuery } from '../queries';
import { COUNTRIES, strings } from '../strings';

export function OrderPage() {
  const { id } = useParams({ from: '/orders/$id' });
  return (
    <ForUsers>
      <Fetched id={id} />
    </ForUsers>
  );
}

function Fetched({ id }: { id: string }) {
  const { data: order, error, refetch } = useQuery(orderQuery(id));
  if (order) return <Details order={order} />;
  if (error) return <Failed error={error} retry={() => void refetch()} missing={strings.orders.unknown} />;
  return <Loading />;
}

function Details({ order }: { order: Order }) {
  const { id, number, status, items, total, createdAt, failure } = order;
  return (
    <Stack maw={720}>
      <Group justify="space-between">
        <Heading>{strings.orders.order(number)}</Heading>
        <div role="status">
          <StatusBadge status={status} />
        </div>
      </Group>
      <Text c="dimmed">
        {strings.orders.placed} {timeText(createdAt)}
      </Text>
      {status === 'pending' && <Alert color="yellow">{strings.orders.pending}</Alert>}
      {status === 'failed' && (
        <Alert color="red" title={strings.orders.failed}>
          <Text className="wrap">{failure?.detail}</Text>
        </Alert>
      )}
      <History id={id} />
      <Card withBorder>
        <Stack gap="xs">
          <Title order={2} size="h4">
            {strings.orders.items}
          </Title>
          {items.map((item) => (
            <Group key={item.sku} justify="space-between" wrap="nowrap">
              <Text className="wrap">
                {item.quantity} ×{' '}
                <LinkTo to="/products/$sku" params={{ sku: item.sku }}>
                  {item.name}
                </LinkTo>
              </Text>
              <Text>{moneyText(item.total)}</Text>
            </Group>
          ))}
          <Group justify="space-between">
            <Text fw={700}>{strings.basket.total}</Text>
            <Text fw={700}>{moneyText(total)}</Text>
          </Group>
        </Stack>
      </Card>
      <Delivery order={order} />
    </Stack>
  );
}

function Delivery({ order: { shippingAddress, note } }: { order: Order }) {
  const { name, line1, line2, postalCode, city, country } = shippingAddress;
  const countryName = COUNTRIES.find(({ value }) => value === country)?.label ?? country;
  const lines = [name, line1, line2, `${postalCode} ${city}`, countryName].filter(Boolean);
  return (
    <Card withBorder>
      <Title order={2} size="h4">
        {strings.orders.address}
      </Title>
      <Text className="wrap">{lines.join('\n')}</Text>
      {note && (
        <Text className="wrap" mt="sm" c="dimmed">
          {strings.orders.note}: {note}
        </Text>
      )}
    </Card>
  );
}

function History({ id }: { id: string }) {
  const { data: entries } = useQuery(historyQuery(id));
  if (!entries) return null;
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="md">
        {strings.orders.timeline}
      </Title>
      <Timeline active={entries.length - 1} bulletSize={18} lineWidth={2} aria-live="polite">
        {entries.map(({ to, at, reason }) => (
          <Timeline.Item key={`${at} ${to}`} title={strings.orders.status[to]}>
            {reason && (
              <Text size="sm" className="wrap">
                {reason}
              </Text>
            )}
            <Text size="sm" c="dimmed">
              {timeText(at)}
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
    </Card>
  );
}
