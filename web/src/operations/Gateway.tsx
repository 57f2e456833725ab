import { Alert, Radio, Stack, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { Section } from './Section';
import { breakGateway, type Snapshot } from './snapshot';
import { operations } from './strings';
import { useTestOrders } from './test-orders';

const { gateway } = operations;
const WORKS = 'works';
/** So long what was chosen is shown, until the gateway tells of it. */
const TOLD_MS = 1500;

/** Breaks the mock gateway, and heals it. In the lab only. */
export function Gateway({ now, admin }: { now: Snapshot; admin: boolean }) {
  const orders = useTestOrders();
  const [chosen, choose] = useState({ value: WORKS, until: 0 });
  const at = Date.parse(now.at);
  const state = now.processes.find(({ gone, extras }) => !gone && extras.gateway)?.extras.gateway;
  const isMovable = admin && state !== undefined;
  return (
    <Section title={gateway.title}>
      <Text size="sm">{admin ? gateway.why : gateway.onlyAdmin}</Text>
      {!state && <Alert color="yellow">{gateway.unseen}</Alert>}
      {state && !state.reached && <Alert color="red">{gateway.away}</Alert>}
      <Radio.Group
        label={gateway.label}
        value={at < chosen.until ? chosen.value : (state?.faults[0] ?? WORKS)}
        onChange={(value) => {
          breakGateway(value === WORKS ? null : value);
          choose({ value, until: at + TOLD_MS });
        }}
      >
        <Stack gap={6} mt="xs">
          <Radio value={WORKS} label={gateway.works} disabled={!isMovable} />
          {Object.entries(gateway.faults).map(([fault, label]) => (
            <Radio key={fault} value={fault} label={label} disabled={!isMovable} />
          ))}
        </Stack>
      </Radio.Group>
      {admin && (
        <Switch
          label={gateway.orders}
          description={gateway.ordersHint}
          checked={orders.running}
          onChange={(event) => orders.run(event.currentTarget.checked)}
        />
      )}
      {orders.placed + orders.refused > 0 && (
        <Text size="sm">{gateway.outcome(orders.placed, orders.refused)}</Text>
      )}
    </Section>
  );
}
