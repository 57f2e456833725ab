import { Card, NativeSelect, SimpleGrid, Stack, Text, TextInput, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { LinkTo } from '../components/links';
import { Failed, Heading, Loading } from '../components/states';
import { moneyText, timeText } from '../format';
import type { Payment } from '../queries';
import { strings } from '../strings';
import { FilterForm } from './FilterForm';
import { History } from './History';
import { type Column, List } from './List';
import { officePaymentsQuery, paymentHistoriesQuery, paymentQuery } from './queries';
import { RefundForm } from './Refund';
import { paymentFilter } from './search';
import { paymentEntries } from './timeline';

const { office, orders } = strings;
const { payments: text } = office;
const STATUSES = Object.entries(orders.payments).map(([value, label]) => ({ value, label }));

const COLUMNS: Column<Payment>[] = [
  {
    head: office.when,
    cell: ({ id, createdAt }) => (
      <LinkTo to="/office/payments/$id" params={{ id }}>
        {timeText(createdAt)}
      </LinkTo>
    ),
  },
  { head: text.amount, cell: ({ amount }) => moneyText(amount), figures: true },
  {
    head: text.refunded,
    cell: ({ refunded }) => refunded.amount > 0 && moneyText(refunded),
    figures: true,
    from: 'sm',
  },
  { head: office.orders.status, cell: ({ status }) => orders.payments[status] },
  {
    head: text.order,
    cell: ({ orderId }) => (
      <LinkTo to="/office/orders/$id" params={{ id: orderId }}>
        {text.look}
      </LinkTo>
    ),
  },
];

export function PaymentsPage() {
  const filter = useSearch({ from: '/office/payments' });
  const query = useInfiniteQuery(officePaymentsQuery(filter));
  const navigate = useNavigate();
  const { status, from, to } = filter;
  return (
    <Stack>
      <Heading>{text.title}</Heading>
      <FilterForm
        values={{ status, from, to }}
        search={(values) => void navigate({ to: '/office/payments', search: paymentFilter(values) })}
      >
        <NativeSelect
          name="status"
          label={office.orders.status}
          data={[{ value: '', label: office.all }, ...STATUSES]}
        />
        <TextInput name="from" type="date" label={office.from} />
        <TextInput name="to" type="date" label={office.to} />
      </FilterForm>
      <List query={query} none={text.none} keyOf={({ id }) => id} columns={COLUMNS} />
    </Stack>
  );
}

export function PaymentPage() {
  const { id } = useParams({ from: '/office/payments/$id' });
  const { data: payment, error, refetch: again } = useQuery(paymentQuery(id));
  if (payment) return <Details key={id} payment={payment} />;
  if (error) return <Failed error={error} retry={() => void again()} missing={text.unknown} />;
  return <Loading />;
}

function Details({ payment }: { payment: Payment }) {
  const { id, orderId, amount, refunded, status, reason, gatewayReference, createdAt } = payment;
  const history = useQuery(paymentHistoriesQuery(orderId, [id]));
  const facts = [
    [office.when, timeText(createdAt)],
    [office.orders.status, orders.payments[status]],
    [office.reason, reason],
    [text.refunded, refunded.amount > 0 && moneyText(refunded)],
    [text.gateway, gatewayReference],
  ] as const;
  return (
    <Stack>
      <Heading>{text.payment(moneyText(amount))}</Heading>
      <Card withBorder>
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Stack gap="xs" align="start">
            {facts.map(
              ([name, value]) =>
                value && (
                  <Text key={name} className="wrap">
                    {name}: {value}
                  </Text>
                ),
            )}
            <LinkTo to="/office/orders/$id" params={{ id: orderId }}>
              {text.look}
            </LinkTo>
          </Stack>
          <RefundForm payment={payment} />
        </SimpleGrid>
      </Card>
      <Card withBorder>
        <Title order={2} size="h4" mb="md">
          {orders.timeline}
        </Title>
        {history.error && !history.data && (
          <Failed error={history.error} retry={() => void history.refetch()} />
        )}
        <History entries={paymentEntries(history.data ?? [])} />
      </Card>
    </Stack>
  );
}
