import { Card, Group, NativeSelect, Stack, Table, Text, TextInput, Timeline, Title } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { LinkButton, LinkTo } from '../components/links';
import { Failed, Heading, Loading } from '../components/states';
import { TraceLink } from '../components/TraceLink';
import { moneyText, timeText } from '../format';
import type { Payment } from '../queries';
import { Pages, startOf, useNameOf } from './parts';
import { paymentHistoryQuery, paymentQuery, paymentsQuery } from './queries';
import { leftOf, Refund } from './Refund';
import { PAYMENT_STATUSES } from './routes';
import { office } from './strings';

const { payments: texts } = office;

export function PaymentsPage() {
  const search = useSearch({ from: '/office/payments' });
  const navigate = useNavigate({ from: '/office/payments' });
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const { status, order, from, to } = search;
  const list = useInfiniteQuery(
    paymentsQuery({
      ...(status ? { status } : {}),
      ...(order ? { orderId: order } : {}),
      ...(from ? { createdFrom: startOf(from) } : {}),
      ...(to ? { createdTo: startOf(to, 1) } : {}),
    }),
  );
  return (
    <Stack>
      <Heading>{texts.title}</Heading>
      <Group align="start">
        <NativeSelect
          label={texts.status}
          value={status ?? ''}
          data={[
            { value: '', label: office.all },
            ...PAYMENT_STATUSES.map((value) => ({ value, label: texts.statuses[value] })),
          ]}
          onChange={({ currentTarget: { value } }) =>
            set({ status: PAYMENT_STATUSES.find((each) => each === value) })
          }
        />
        <TextInput
          type="date"
          label={office.from}
          value={from ?? ''}
          onChange={({ currentTarget }) => set({ from: currentTarget.value || undefined })}
        />
        <TextInput
          type="date"
          label={office.to}
          value={to ?? ''}
          onChange={({ currentTarget }) => set({ to: currentTarget.value || undefined })}
        />
      </Group>
      {order && (
        <Group gap="xs">
          <Text size="sm">{texts.onlyOrder}</Text>
          <LinkButton to="/office/payments" search={{}} size="xs" variant="default">
            {texts.ofAll}
          </LinkButton>
        </Group>
      )}
      <Pages list={list} empty={office.nothingFound}>
        {(rows) => <PaymentTable rows={rows} />}
      </Pages>
    </Stack>
  );
}

function PaymentTable({ rows }: { rows: Payment[] }) {
  return (
    <Table className="office-table">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{texts.at}</Table.Th>
          <Table.Th className="number">{texts.amount}</Table.Th>
          <Table.Th className="number" visibleFrom="xs">
            {texts.refunded}
          </Table.Th>
          <Table.Th>{texts.status}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ id, createdAt, amount, refunded, status }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <LinkTo to="/office/payments/$id" params={{ id }}>
                {timeText(createdAt)}
              </LinkTo>
            </Table.Td>
            <Table.Td className="number">{moneyText(amount)}</Table.Td>
            <Table.Td className="number" visibleFrom="xs">
              {moneyText(refunded)}
            </Table.Td>
            <Table.Td>{texts.statuses[status]}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

export function PaymentPage() {
  const { id } = useParams({ from: '/office/payments/$id' });
  const { data: payment, error, refetch } = useQuery(paymentQuery(id));
  if (payment) return <Details key={id} payment={payment} />;
  if (error) return <Failed error={error} retry={() => void refetch()} missing={texts.unknown} />;
  return <Loading />;
}

function Details({ payment }: { payment: Payment }) {
  const { amount, refunded, status, reason, gatewayReference, orderId } = payment;
  const facts: [string, string | null][] = [
    [texts.status, texts.statuses[status]],
    [office.reason, reason],
    [texts.refunded, moneyText(refunded)],
    [texts.left, moneyText(leftOf(payment))],
    [texts.gateway, gatewayReference],
  ];
  return (
    <Stack>
      <Heading>{texts.payment(moneyText(amount))}</Heading>
      <Card withBorder>
        <Stack gap="xs" role="status">
          {facts.map(
            ([name, value]) =>
              value !== null && (
                <Text key={name} className="wrap">
                  {name}: {value}
                </Text>
              ),
          )}
        </Stack>
        <Group mt="sm">
          <LinkTo to="/office/orders/$id" params={{ id: orderId }}>
            {texts.toOrder}
          </LinkTo>
        </Group>
      </Card>
      <Refund payment={payment} />
      <History id={payment.id} />
    </Stack>
  );
}

function History({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(paymentHistoryQuery(id));
  const nameOf = useNameOf();
  if (!data && error) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Loading />;
  return (
    <Card withBorder>
      <Stack>
        <Title order={2} size="h4">
          {texts.history}
        </Title>
        <Timeline active={data.data.length} bulletSize={16} lineWidth={2}>
          {data.data.map(({ id: entryId, kind, amount, status, reason, by, createdAt, traceId }) => {
            const title = office.timeline[kind](moneyText(amount), texts.statuses[status]);
            return (
              <Timeline.Item key={entryId} title={title}>
                <Text size="sm" c="dimmed">
                  {timeText(createdAt, true)} · {office.by.say(nameOf(by))}
                </Text>
                {reason && (
                  <Text size="sm" className="wrap">
                    {reason}
                  </Text>
                )}
                <TraceLink traceId={traceId} at={createdAt} of={title} />
              </Timeline.Item>
            );
          })}
        </Timeline>
        {data.nextCursor && <Text size="sm">{office.timeline.more}</Text>}
      </Stack>
    </Card>
  );
}
