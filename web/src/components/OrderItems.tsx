import { Group, Text } from '@mantine/core';
import { moneyText } from '../format';
import type { Order } from '../queries';
import { strings } from '../strings';
import { LinkTo } from './links';

interface Props {
  order: Order;
  /** Where a product leads to. */
  page: '/products/$sku' | '/office/stock/$sku';
}

export function OrderItems({ order: { items, total }, page }: Props) {
  return (
    <>
      {items.map((item) => (
        <Group key={item.sku} justify="space-between" wrap="nowrap" align="start">
          <Text className="wrap">
            {item.quantity} ×{' '}
            <LinkTo to={page} params={{ sku: item.sku }}>
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
    </>
  );
}
