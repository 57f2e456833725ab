import { Anchor, Text } from '@mantine/core';
import { moneyText } from '../format';
import type { OrderChange } from '../live';
import { router } from '../router';
import { strings } from '../strings';

/** What a toast says of a change of an order. It stands outside of the pages, so it links by address. */
export function OrderNews({ change: { orderId, number, total } }: { change: OrderChange }) {
  return (
    <Text size="sm" component="span">
      {number}, {moneyText(total)}.{' '}
      <Anchor
        size="sm"
        href={`/orders/${orderId}`}
        onClick={(event) => {
          event.preventDefault();
          void router.navigate({ to: '/orders/$id', params: { id: orderId } });
        }}
      >
        {strings.orders.look}
      </Anchor>
    </Text>
  );
}
