import { Alert, Button, Card, Group, Stack, Text, Timeline, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import { declineReason } from '../components/decline-reason';
import { DeliveryFields, deliveryOf } from '../components/delivery';
import { FormEnd } from '../components/FormEnd';
import { LinkTo } from '../components/links';
import { Failed, ForUsers, Heading, Loading, Refused } from '../components/states';
import { StatusBadge } from '../components/StatusBadge';
import { moneyText, timeText } from '../format';
import {
  historyQuery,
  type Order,
  orderQuery,
  type Payment,
  paymentsOfOrderQuery,
  queryClient,
  refetch,
} from '../queries';
import { COUNTRIES, strings } from '../strings';

const { orders } = strings;

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
  if (error) return <Failed error={error} retry={() => void refetch()} missing={orders.unknown} />;
  return <Loading />;
}

function Details({ order }: { order: Order }) {
  const { id, number, status, createdAt, failure } = order;
  return (
    <Stack maw={720}>
      <Group justify="space-between">
        <Heading>{orders.order(number)}</Heading>
        <div role="status">
          <StatusBadge status={status} />
        </div>
      </Group>
      <Text c="dimmed">
        {orders.placed} {timeText(createdAt)}
      </Text>
      {status === 'pending' && <Alert color="yellow">{orders.pending}</Alert>}
      {status === 'failed' && (
        <Alert color="red" title={orders.failed}>
          <Text className="wrap">{failure && reasonOf(failure)}</Text>
        </Alert>
      )}
      <History id={id} />
      <Items order={order} />
      <Payments id={id} />
      <Delivery order={order} />
      <Cancelling order={order} />
    </Stack>
  );
}

function reasonOf({ code, detail }: NonNullable<Order['failure']>): string {
  if (code !== 'PAYMENT.DECLINED') return detail;
  return [strings.checkout.declined, declineReason(detail)].filter(Boolean).join('. ');
}

export function Items({ order: { items, total } }: { order: Order }) {
  return (
    <Card withBorder>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {orders.items}
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
  );
}

function Payments({ id }: { id: string }) {
  const { data: payments, error, refetch: again } = useQuery(paymentsOfOrderQuery(id));
  if (!payments && error) return <Failed error={error} retry={() => void again()} />;
  if (!payments?.length) return null;
  return (
    <Card withBorder>
      <Title order={2} size="h4">
        {orders.payment}
      </Title>
      {payments.map((payment) => (
        <PaymentLine key={payment.id} payment={payment} />
      ))}
    </Card>
  );
}

function PaymentLine({ payment: { amount, refunded, status } }: { payment: Payment }) {
  return (
    <Text>
      {moneyText(amount)}: {orders.payments[status]}
      {refunded.amount > 0 && ` (${orders.refunded(moneyText(refunded))})`}
    </Text>
  );
}

interface Change<T> {
  id: string;
  change: (value: T) => Promise<{ data?: Order }>;
  done?: () => void;
  /** It was not any more as it was shown. */
  refused?: (now: Order) => void;
}

/** Changes an order, and shows what became of it, or what it is by now. */
function useChange<T>({ id, change, done, refused }: Change<T>) {
  const { mutate, error, isPending } = useMutation({
    mutationFn: change,
    onSuccess: ({ data }) => {
      if (data) queryClient.setQueryData(orderQuery(id).queryKey, data);
      done?.();
    },
    onError: async (why) => {
      if (Problem.of(why).code === 'ORDER.VERSION_MISMATCH')
        refused?.(await queryClient.fetchQuery({ ...orderQuery(id), staleTime: 0 }));
    },
    onSettled: () => refetch('order', 'orders'),
  });
  return { change: mutate, problem: error && Problem.of(error), busy: isPending };
}

/** Only as long as the order is as it was shown. */
function asShown({ id, version }: Order) {
  return { path: { id }, header: { 'If-Match': `"${version}"` } };
}

function Delivery({ order }: { order: Order }) {
  // The order as it was when somebody began to write.
  const [opened, setOpened] = useState<Order | null>(null);
  const close = () => setOpened(null);
  const change = useChange({
    id: order.id,
    change: ({ shown, body }: DeliveryChange) =>
      client.PUT('/api/v1/orders/{id}', { params: asShown(shown), body }),
    done: close,
    refused: setOpened,
  });
  const canChange = order.status === 'pending' || order.status === 'confirmed';
  return (
    <Card withBorder>
      <Stack gap="sm" align="stretch">
        <Title order={2} size="h4">
          {orders.address}
        </Title>
        <Refused problem={change.problem} />
        {opened && canChange ? (
          <DeliveryForm key={opened.version} shown={opened} change={change} close={close} />
        ) : (
          <>
            <Address order={order} />
            {canChange && (
              <Button variant="default" style={{ alignSelf: 'start' }} onClick={() => setOpened(order)}>
                {orders.changeAddress}
              </Button>
            )}
          </>
        )}
      </Stack>
    </Card>
  );
}

export function Address({ order: { shippingAddress, note } }: { order: Order }) {
  const { name, line1, line2, postalCode, city, country } = shippingAddress;
  const countryName = COUNTRIES.find(({ value }) => value === country)?.label ?? country;
  const lines = [name, line1, line2, `${postalCode} ${city}`, countryName].filter(Boolean);
  return (
    <div>
      <Text className="wrap">{lines.join('\n')}</Text>
      {note && (
        <Text className="wrap" mt="sm" c="dimmed">
          {orders.note}: {note}
        </Text>
      )}
    </div>
  );
}

interface DeliveryChange {
  shown: Order;
  body: ReturnType<typeof deliveryOf>;
}

interface FormProps {
  shown: Order;
  change: ReturnType<typeof useChange<DeliveryChange>>;
  close: () => void;
}

/**
 * Nobody loses what they are writing because the order changes meanwhile, and what somebody else has written is not
 * overwritten unseen: it is shown when a change was refused for it.
 */
function DeliveryForm({ shown, change: { change, problem, busy }, close }: FormProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    change({ shown, body: deliveryOf(new FormData(event.currentTarget)) });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <DeliveryFields address={shown.shippingAddress} note={shown.note} fields={problem?.fields ?? {}} />
        <FormEnd label={strings.save} busy={busy} discard={close} />
      </Stack>
    </form>
  );
}

/** The owner may call an order off until it is on its way. Asked twice, since there is no way back. */
function Cancelling({ order }: { order: Order }) {
  const [asked, setAsked] = useState(false);
  const { change, problem, busy } = useChange<void>({
    id: order.id,
    change: () => client.DELETE('/api/v1/orders/{id}', { params: asShown(order) }),
  });
  const canCancel = ['pending', 'confirmed', 'processing'].includes(order.status);
  if (!canCancel) return null;
  if (!asked)
    return (
      <Button variant="default" style={{ alignSelf: 'start' }} onClick={() => setAsked(true)}>
        {orders.cancel}
      </Button>
    );
  return (
    <Alert color="yellow" role="alert" title={orders.cancelAsk}>
      <Stack gap="sm">
        <Text>{orders.cancelHint}</Text>
        <Refused problem={problem} />
        <Group>
          <Button color="red.9" loading={busy} onClick={() => change()}>
            {orders.cancelYes}
          </Button>
          <Button variant="default" onClick={() => setAsked(false)}>
            {orders.cancelNo}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function History({ id }: { id: string }) {
  const { data: entries, error, refetch: again } = useQuery(historyQuery(id));
  if (!entries) return error ? <Failed error={error} retry={() => void again()} /> : <Loading />;
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="md">
        {orders.timeline}
      </Title>
      <Timeline active={entries.length - 1} bulletSize={18} lineWidth={2} aria-live="polite">
        {entries.map(({ from, to, at, reason }) => (
          <Timeline.Item key={`${at} ${to}`} title={from === to ? orders.edited : orders.status[to]}>
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
