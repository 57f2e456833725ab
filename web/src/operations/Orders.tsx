import { Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { strings } from '../strings';
import { funnelOf, gaugeOf, of, ordersPerSecond, p95 } from './figures';
import { Section } from './Section';
import type { Snapshot } from './snapshot';
import { operations } from './strings';
import { clock, durationText, numberText, percentText } from './texts';

const { orders } = operations;
/** The library that draws it is larger than the rest of the page. */
const OrdersChart = lazy(async () => ({ default: (await import('./OrdersChart')).OrdersChart }));

export function Orders({ snapshots, now }: { snapshots: readonly Snapshot[]; now: Snapshot }) {
  const stages = funnelOf(now);
  const most = Math.max(1, stages[0]?.count ?? 0);
  const points = snapshots.map((each) => ({ time: clock(each.at), orders: ordersPerSecond(each) }));
  const oldest = gaugeOf(now, 'saga_oldest_seconds', {});
  const perSecond = numberText(ordersPerSecond(now));
  return (
    <Section title={orders.title}>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="xl">
        <Stack gap="xs">
          <Fact name={orders.perSecond} value={perSecond} />
          <Fact
            name={orders.confirmedAfter}
            value={durationText(p95(now, of(now, 'order_processing_duration_seconds')))}
          />
          <Fact name={orders.oldest} value={oldest === 0 ? orders.settled : durationText(oldest)} />
          <div role="img" aria-label={orders.chart(perSecond)}>
            <Suspense fallback={<div style={{ height: 160 }} />}>
              <OrdersChart points={points} />
            </Suspense>
          </div>
        </Stack>
        <Stack gap="xs">
          <Text fw={600}>{orders.funnel}</Text>
          {stages.map(({ name, count }) => (
            <div key={name}>
              <Group justify="space-between">
                <Text size="sm">{orders.stage[name]}</Text>
                <Text size="sm">
                  {count} ({percentText(count / most)})
                </Text>
              </Group>
              <Progress value={(100 * count) / most} aria-label={orders.stage[name]} />
            </div>
          ))}
          <Text fw={600} mt="sm">
            {orders.byStatus}
          </Text>
          {Object.entries(strings.orders.status).map(([status, name]) => (
            <Fact key={status} name={name} value={numberText(gaugeOf(now, 'orders_by_status', { status }))} />
          ))}
        </Stack>
      </SimpleGrid>
    </Section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <Group justify="space-between">
      <Text size="sm">{name}</Text>
      <Text size="sm" fw={600}>
        {value}
      </Text>
    </Group>
  );
}
