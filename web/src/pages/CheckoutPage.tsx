import { Alert, Button, Card, Group, Radio, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { type PricedLine, usePricedBasket } from '../components/basket-lines';
import { DeliveryFields, deliveryOf, fieldOf } from '../components/delivery';
import { OrderRefusal } from '../components/OrderRefusal';
import { Removal } from '../components/Removal';
import { Failed, ForUsers, Heading, Loading } from '../components/states';
import { moneyText } from '../format';
import { usePlacement } from '../placement';
import { ordersQuery, type Product } from '../queries';
import type { PlaceOrder } from '../sent-order';
import { strings, TEST_CARDS } from '../strings';
import { BasketPage } from './BasketPage';

const { checkout } = strings;

export function CheckoutPage() {
  return (
    <ForUsers>
      <Checkout />
    </ForUsers>
  );
}

function Checkout() {
  const { lines, total, error, retry } = usePricedBasket();
  const orders = useInfiniteQuery(ordersQuery());
  const { place, problem, busy, isResuming, unanswered } = usePlacement();
  // What was bought is taken out of the basket just before the order is shown.
  if (lines.length === 0) return busy ? <Loading /> : <BasketPage />;
  if (orders.isPending && !orders.isError) return <Loading />;
  const price = unanswered?.expectedTotal ?? total;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (price) place(unanswered ?? bodyOf(new FormData(event.currentTarget), lines, price));
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={720}>
        <Heading>{checkout.title}</Heading>
        <fieldset role="presentation" className="fields" disabled={unanswered !== null}>
          <Stack>
            <Card withBorder>
              <Stack gap="sm">
                <Title order={2} size="h4">
                  {checkout.address}
                </Title>
                <DeliveryFields
                  address={unanswered?.shippingAddress ?? orders.data?.pages[0]?.data[0]?.shippingAddress}
                  note={unanswered?.note ?? null}
                  fields={problem?.fields ?? {}}
                />
              </Stack>
            </Card>
            <Cards chosen={unanswered?.payment.token} />
          </Stack>
        </fieldset>
        <Card withBorder>
          <Stack gap="xs">
            <Title order={2} size="h4">
              {checkout.summary}
            </Title>
            {lines.map((line) => (
              <Line key={line.sku} line={line} />
            ))}
          </Stack>
        </Card>
        {error && <Failed error={error} retry={retry} />}
        {isResuming && (
          <Alert color="yellow" role="status">
            {checkout.resuming}
          </Alert>
        )}
        {unanswered && !busy && !problem && (
          <Alert color="yellow" role="status" title={checkout.unclear}>
            {checkout.unclearHint}
          </Alert>
        )}
        {problem && <OrderRefusal problem={problem} lines={lines} />}
        <Button type="submit" size="md" loading={busy} disabled={!price}>
          {checkout.pay(price ? moneyText(price) : '…')}
        </Button>
      </Stack>
    </form>
  );
}

function Line({ line: { sku, quantity, product, isGone } }: { line: PricedLine }) {
  const name = product?.name ?? sku;
  return (
    <Group justify="space-between">
      <Text className="wrap">
        {quantity} × {name}
      </Text>
      {product && !isGone && (
        <Text>{moneyText({ ...product.price, amount: product.price.amount * quantity })}</Text>
      )}
      {isGone && (
        <>
          <Text c="var(--mantine-color-error)">{strings.products.unknown}</Text>
          <Removal sku={sku} name={name} />
        </>
      )}
    </Group>
  );
}

function bodyOf(form: FormData, lines: readonly PricedLine[], expectedTotal: Product['price']): PlaceOrder {
  return {
    items: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    payment: { method: 'card', token: fieldOf(form, 'card') },
    ...deliveryOf(form),
    expectedTotal,
  };
}

function Cards({ chosen = 'tok_visa' }: { chosen: string | undefined }) {
  return (
    <Card withBorder>
      <Radio.Group
        name="card"
        label={checkout.payment}
        description={checkout.testCards}
        defaultValue={chosen}
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
