import { Alert, Button, Card, Group, Radio, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { session } from '../api/client';
import { type PricedLine, usePricedBasket } from '../components/basket-lines';
import { DeliveryFields, deliveryOf, fieldOf } from '../components/delivery';
import { OrderRefusal } from '../components/OrderRefusal';
import { Removal } from '../components/Removal';
import { Failed, ForUsers, Heading, Loading } from '../components/states';
import { type Draft, draftOf, keepDraft } from '../draft';
import { moneyText } from '../format';
import { usePlacement } from '../placement';
import { ordersQuery } from '../queries';
import { useStore } from '../store';
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
  const user = useStore(session);
  const userId = typeof user === 'object' ? user.id : '';
  const { place, problem, busy, isResuming, unanswered } = usePlacement(userId);
  // What was bought is taken out of the basket just before the order is shown.
  if (lines.length === 0) return busy ? <Loading /> : <BasketPage />;
  if (orders.isPending && !orders.isError) return <Loading />;
  const price = unanswered?.expectedTotal ?? total;
  const entered = unanswered ?? draftOf(userId);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!price) return;
    const items = lines.map(({ sku, quantity }) => ({ sku, quantity }));
    place(unanswered ?? { items, ...enteredIn(event.currentTarget), expectedTotal: price });
  };
  return (
    <form onSubmit={submit} onChange={({ currentTarget }) => keepDraft(userId, enteredIn(currentTarget))}>
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
                  address={entered?.shippingAddress ?? orders.data?.pages[0]?.data[0]?.shippingAddress}
                  note={entered?.note ?? null}
                  fields={problem?.fields ?? {}}
                />
              </Stack>
            </Card>
            <Cards chosen={entered?.payment.token} />
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

function enteredIn(element: HTMLFormElement): Draft {
  const form = new FormData(element);
  return { payment: { method: 'card', token: fieldOf(form, 'card') }, ...deliveryOf(form) };
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
