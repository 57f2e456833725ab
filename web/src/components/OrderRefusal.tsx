import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Problem } from '../api/problem';
import { setQuantity } from '../basket';
import { availabilityQuery } from '../queries';
import { strings } from '../strings';
import type { PricedLine } from './basket-lines';
import { declineReason } from './decline-reason';
import { Removal } from './Removal';

const { checkout } = strings;

/** Why an order was not placed, and what to do about it. */
export function OrderRefusal({ problem, lines }: { problem: Problem; lines: readonly PricedLine[] }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [problem]);
  return (
    <Alert color="red" role="alert" title={titleOf(problem)} ref={box} tabIndex={-1}>
      <What problem={problem} lines={lines} />
    </Alert>
  );
}

function titleOf({ code, isPassing, isUnknown }: Problem): string {
  switch (code) {
    case 'PAYMENT.DECLINED':
    case 'PAYMENT.INVALID_TOKEN':
      return checkout.declined;
    case 'INVENTORY.OUT_OF_STOCK':
    case 'INVENTORY.UNKNOWN_SKU':
      return checkout.soldOut;
    case 'ORDER.PRODUCT_INACTIVE':
    case 'ORDER.UNKNOWN_SKU':
      return checkout.gone;
    case 'ORDER.PRICE_CHANGED':
      return checkout.priceChanged;
    default:
      if (isUnknown) return checkout.unclear;
      return isPassing ? checkout.busy : checkout.check;
  }
}

function What({ problem, lines }: { problem: Problem; lines: readonly PricedLine[] }) {
  switch (problem.code) {
    case 'PAYMENT.DECLINED':
    case 'PAYMENT.INVALID_TOKEN':
      return (
        <>
          <Text>{declineReason(problem.message)}</Text>
          <Text>{checkout.declinedHint}</Text>
        </>
      );
    case 'INVENTORY.OUT_OF_STOCK':
    case 'INVENTORY.UNKNOWN_SKU':
      return <Shortages lines={lines} />;
    case 'ORDER.PRODUCT_INACTIVE':
    case 'ORDER.UNKNOWN_SKU':
      return <Text>{checkout.goneHint}</Text>;
    case 'ORDER.PRICE_CHANGED':
      return <Text>{checkout.priceChangedHint}</Text>;
    default:
      if (Object.keys(problem.fields).some(isMarked)) return <Text>{checkout.checkHint}</Text>;
      if (problem.isPassing && !problem.isUnknown) return <Text>{checkout.busyHint}</Text>;
      return (
        <>
          <Text className="wrap">{problem.text}</Text>
          {problem.isUnknown && <Text>{checkout.unclearHint}</Text>}
        </>
      );
  }
}

/** Whether the form has a place beside which to say what is wrong with it. */
function isMarked(path: string): boolean {
  return path.startsWith('shippingAddress.') || path === 'note';
}

function Shortages({ lines }: { lines: readonly PricedLine[] }) {
  const answers = useQueries({ queries: lines.map(({ sku }) => availabilityQuery(sku)) });
  const short = lines.flatMap(({ sku, quantity, product }, index) => {
    const left = answers[index]?.data;
    return left !== undefined && left < quantity ? [{ sku, name: product?.name ?? sku, left }] : [];
  });
  const isClear = answers.every(({ data, isFetchedAfterMount }) => data !== undefined && isFetchedAfterMount);
  if (short.length === 0 && isClear) return <Text>{checkout.backHint}</Text>;
  return (
    <Stack gap="xs">
      <Text>{checkout.soldOutHint}</Text>
      {short.map(({ sku, name, left }) => (
        <Group key={sku}>
          <Text className="wrap">{checkout.onlyLeft(name, left)}</Text>
          {left > 0 && (
            <Button size="xs" variant="default" onClick={() => setQuantity(sku, left)}>
              {checkout.take(left)}
            </Button>
          )}
          <Removal sku={sku} name={name} />
        </Group>
      ))}
    </Stack>
  );
}
