import {
  Alert,
  Button,
  Card,
  Group,
  NativeSelect,
  Radio,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef } from 'react';
import { client, session } from '../api/client';
import { Problem } from '../api/problem';
import type { components } from '../api/schema';
import { emptyBasket, setQuantity } from '../basket';
import { type PricedLine, usePricedBasket } from '../components/basket-lines';
import { ForUsers, Heading, Loading } from '../components/states';
import { moneyText } from '../format';
import { availabilityQuery, type Order, ordersQuery, queryClient } from '../queries';
import { newKey } from '../new-key';
import { useStore } from '../store';
import { COUNTRIES, strings, TEST_CARDS } from '../strings';
import { BasketPage } from './BasketPage';

const { checkout } = strings;
type PlaceOrder = components['schemas']['PlaceOrder'];

export function CheckoutPage() {
  return (
    <ForUsers>
      <Checkout />
    </ForUsers>
  );
}

function Checkout() {
  const { lines, total } = usePricedBasket();
  const orders = useInfiniteQuery(ordersQuery());
  const { place, problem, busy, done } = usePlacement();
  // The basket is emptied just before the order is shown.
  if (done) return <Loading />;
  if (lines.length === 0) return <BasketPage />;
  if (orders.isPending && !orders.isError) return <Loading />;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    place(bodyOf(new FormData(event.currentTarget), lines));
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={720}>
        <Heading>{checkout.title}</Heading>
        <Address last={orders.data?.pages[0]?.data[0]} fields={problem?.fields ?? {}} />
        <Cards />
        <Card withBorder>
          <Stack gap="xs">
            <Title order={2} size="h4">
              {checkout.summary}
            </Title>
            {lines.map((line) => (
              <Group key={line.sku} justify="space-between" wrap="nowrap">
                <Text className="wrap">
                  {line.quantity} × {line.product?.name ?? line.sku}
                </Text>
                {line.product && (
                  <Text>
                    {moneyText({
                      ...line.product.price,
                      amount: line.product.price.amount * line.quantity,
                    })}
                  </Text>
                )}
              </Group>
            ))}
          </Stack>
        </Card>
        {problem && <Refusal problem={problem} lines={lines} />}
        <Button type="submit" size="md" loading={busy}>
          {checkout.pay(total ? moneyText(total) : '…')}
        </Button>
      </Stack>
    </form>
  );
}

/**
 * Places the order. What may have been carried out without our hearing of it is sent again under its key, so that
 * it is charged once; what was answered, or is another order, goes under a new one.
 */
function usePlacement() {
  const navigate = useNavigate();
  const attempt = useRef({ body: '', key: '' });
  const mutation = useMutation({
    mutationFn: async (body: PlaceOrder) => {
      const text = JSON.stringify(body);
      if (attempt.current.body !== text) attempt.current = { body: text, key: newKey() };
      try {
        const header = { 'Idempotency-Key': attempt.current.key };
        const { data } = await client.POST('/api/v1/orders', { body, params: { header } });
        if (!data) throw new Problem({});
        return data;
      } catch (error) {
        if (!Problem.of(error).isPassing) attempt.current = { body: '', key: '' };
        throw error;
      }
    },
    onSuccess: async (order) => {
      queryClient.setQueryData(['order', order.id], order);
      void queryClient.invalidateQueries({ queryKey: ['orders'] });
      emptyBasket();
      await navigate({ to: '/orders/$id', params: { id: order.id }, replace: true });
    },
  });
  return {
    place: mutation.mutate,
    problem: mutation.error && Problem.of(mutation.error),
    busy: mutation.isPending,
    done: mutation.isSuccess,
  };
}

function bodyOf(form: FormData, lines: readonly PricedLine[]): PlaceOrder {
  const field = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  return {
    items: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    payment: { method: 'card', token: field('card') },
    shippingAddress: {
      name: field('name'),
      line1: field('line1'),
      line2: field('line2') || null,
      city: field('city'),
      postalCode: field('postalCode'),
      country: field('country'),
    },
    note: field('note') || null,
  };
}

function Address({ last, fields }: { last: Order | undefined; fields: Record<string, string> }) {
  const user = useStore(session);
  const address = last?.shippingAddress;
  const named = (name: string) => ({ name, error: fields[`shippingAddress.${name}`] });
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {checkout.address}
        </Title>
        <TextInput
          {...named('name')}
          label={checkout.fullName}
          autoComplete="shipping name"
          defaultValue={address?.name ?? (typeof user === 'object' ? user.name : '')}
          maxLength={100}
          required
        />
        <TextInput
          {...named('line1')}
          label={checkout.line1}
          autoComplete="shipping address-line1"
          defaultValue={address?.line1 ?? ''}
          maxLength={200}
          required
        />
        <TextInput
          {...named('line2')}
          label={checkout.line2}
          autoComplete="shipping address-line2"
          defaultValue={address?.line2 ?? ''}
          maxLength={200}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            {...named('postalCode')}
            label={checkout.postalCode}
            autoComplete="shipping postal-code"
            defaultValue={address?.postalCode ?? ''}
            maxLength={20}
            required
          />
          <TextInput
            {...named('city')}
            label={checkout.city}
            autoComplete="shipping address-level2"
            defaultValue={address?.city ?? ''}
            maxLength={100}
            required
          />
        </SimpleGrid>
        <NativeSelect
          {...named('country')}
          label={checkout.country}
          autoComplete="shipping country"
          defaultValue={address?.country ?? 'DE'}
          data={COUNTRIES}
        />
        <Textarea
          name="note"
          label={checkout.note}
          error={fields['note']}
          maxLength={1000}
          autosize
          minRows={1}
        />
      </Stack>
    </Card>
  );
}

function Cards() {
  return (
    <Card withBorder>
      <Radio.Group
        name="card"
        label={checkout.payment}
        description={checkout.testCards}
        defaultValue="tok_visa"
      >
        <Stack gap="sm" mt="sm">
          {TEST_CARDS.map(({ token, label, hint }) => (
            <Radio key={token} value={token} label={label} description={hint} />
          ))}
        </Stack>
      </Radio.Group>
    </Card>
  );
}

function Refusal({ problem, lines }: { problem: Problem; lines: readonly PricedLine[] }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [problem]);
  return (
    <Alert color="red" role="alert" title={titleOf(problem)} ref={box} tabIndex={-1}>
      <What problem={problem} lines={lines} />
    </Alert>
  );
}

function titleOf({ code, isPassing }: Problem): string {
  if (code === 'PAYMENT.DECLINED' || code === 'PAYMENT.INVALID_TOKEN') return checkout.declined;
  if (code === 'INVENTORY.OUT_OF_STOCK') return checkout.soldOut;
  if (code === 'ORDER.PRODUCT_INACTIVE' || code === 'ORDER.UNKNOWN_SKU') return checkout.gone;
  return isPassing ? checkout.unclear : checkout.check;
}

/** What happened, and what to do about it. */
function What({ problem, lines }: { problem: Problem; lines: readonly PricedLine[] }) {
  switch (problem.code) {
    case 'PAYMENT.DECLINED':
    case 'PAYMENT.INVALID_TOKEN':
      return (
        <>
          <Text className="wrap">{problem.message}</Text>
          <Text>{checkout.declinedHint}</Text>
        </>
      );
    case 'INVENTORY.OUT_OF_STOCK':
    case 'INVENTORY.UNKNOWN_SKU':
      return (
        <Stack gap="xs">
          <Text>{checkout.soldOutHint}</Text>
          {lines.map((line) => (
            <Shortage key={line.sku} line={line} />
          ))}
        </Stack>
      );
    case 'ORDER.PRODUCT_INACTIVE':
    case 'ORDER.UNKNOWN_SKU':
      return (
        <Stack gap="xs">
          <Text className="wrap">{problem.message}</Text>
          <Text>{checkout.goneHint}</Text>
          {lines.map(({ sku, product }) => (
            <Removal key={sku} sku={sku} name={product?.name ?? sku} />
          ))}
        </Stack>
      );
    default:
      return (
        <>
          <Text className="wrap">{problem.text}</Text>
          {problem.isPassing && <Text>{checkout.unclearHint}</Text>}
        </>
      );
  }
}

function Shortage({ line: { sku, quantity, product } }: { line: PricedLine }) {
  const { data: left } = useQuery(availabilityQuery(sku));
  const name = product?.name ?? sku;
  if (left === undefined || left >= quantity) return null;
  return (
    <Group>
      <Text className="wrap">{checkout.onlyLeft(name, left)}</Text>
      {left > 0 && (
        <Button size="xs" variant="default" onClick={() => setQuantity(sku, left)}>
          {checkout.take(left)}
        </Button>
      )}
      <Removal sku={sku} name={name} />
    </Group>
  );
}

function Removal({ sku, name }: { sku: string; name: string }) {
  return (
    <Button size="xs" variant="default" onClick={() => setQuantity(sku, 0)}>
      {strings.basket.removeNamed(name)}
    </Button>
  );
}
