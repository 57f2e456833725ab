import { Button, Card, Group, NumberInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type FormEvent, useRef } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import type { components } from '../api/schema';
import { fieldOf } from '../components/delivery';
import { LinkTo } from '../components/links';
import { Failed, Heading, Loading, Refused } from '../components/states';
import { timeText } from '../format';
import { refetch } from '../queries';
import { strings } from '../strings';
import { useKeyed } from './keyed';
import { type Column, List, Rows } from './List';
import { useNameOf } from './names';
import { type Movement, movementsQuery, type Stock, stockQuery } from './queries';
import { LEVELS, LowBadge } from './stock-levels';
import { signed } from './timeline';

const { office } = strings;
const { stock: text } = office;

export function StockItemPage() {
  const { sku } = useParams({ from: '/office/stock/$sku' });
  const { data: stock, error, refetch: again } = useQuery(stockQuery(sku));
  const isMissing = error !== null && Problem.of(error).status === 404;
  return (
    <Stack>
      <Heading>{sku}</Heading>
      {stock && <Whole stock={stock} />}
      {!stock && isMissing && <Text>{text.unknown}</Text>}
      {!stock && error && !isMissing && <Failed error={error} retry={() => void again()} />}
      {!stock && !error && <Loading />}
      {(stock || isMissing) && (
        <Adjust key={sku} sku={sku} warehouses={stock?.warehouses.map(({ warehouse }) => warehouse) ?? []} />
      )}
      {stock && <Movements sku={sku} />}
    </Stack>
  );
}

function Whole({ stock }: { stock: Stock }) {
  const { warehouses, available, lowStockThreshold } = stock;
  return (
    <Card withBorder>
      <Group mb="sm">
        <Text role="status">
          {text.available}: {available}
        </Text>
        <Text c="dimmed">{text.threshold(lowStockThreshold)}</Text>
        <LowBadge stock={stock} />
      </Group>
      <Rows
        rows={warehouses}
        keyOf={({ warehouse }) => warehouse}
        columns={[{ head: text.warehouse, cell: ({ warehouse }) => warehouse }, ...LEVELS]}
      />
    </Card>
  );
}

function Adjust({ sku, warehouses }: { sku: string; warehouses: readonly string[] }) {
  const form = useRef<HTMLFormElement>(null);
  const send = useKeyed((header, body: components['schemas']['AdjustStock']) =>
    client.POST('/api/v1/inventory/adjust', { params: { header }, body }),
  );
  const { mutate, error, isPending, isSuccess } = useMutation({
    mutationFn: send,
    onSuccess: () => form.current?.reset(),
    onSettled: () => refetch('office', 'availability'),
  });
  const problem = error && Problem.of(error);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    mutate({
      sku,
      warehouse: fieldOf(data, 'warehouse'),
      delta: Number(fieldOf(data, 'delta').replace('−', '-')),
      reason: fieldOf(data, 'reason'),
    });
  };
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        {text.adjust}
      </Title>
      <form ref={form} onSubmit={submit}>
        <Stack gap="sm">
          <Group align="start">
            <TextInput
              name="warehouse"
              label={text.warehouse}
              defaultValue={warehouses[0] ?? 'main'}
              error={problem?.fields['warehouse']}
              list="warehouses"
              required
            />
            <datalist id="warehouses">
              {warehouses.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </datalist>
            <NumberInput
              name="delta"
              label={text.delta}
              description={text.deltaHint}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              error={problem?.fields['delta']}
              allowDecimal={false}
              hideControls
              required
            />
            <TextInput
              name="reason"
              label={office.reason}
              maxLength={200}
              error={problem?.fields['reason']}
              required
            />
          </Group>
          <Refused problem={problem} />
          <Group>
            <Button type="submit" loading={isPending}>
              {text.adjust}
            </Button>
            <Text role="status">{isSuccess && !isPending ? text.adjusted : ''}</Text>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

const MOVEMENTS: Column<Movement>[] = [
  { head: text.kind, cell: (movement) => <Told movement={movement} /> },
  { head: text.onHand, cell: ({ onHandDelta }) => onHandDelta !== 0 && signed(onHandDelta), figures: true },
  {
    head: text.reserved,
    cell: ({ reservedDelta }) => reservedDelta !== 0 && signed(reservedDelta),
    figures: true,
  },
];

function Told({ movement: { kind, warehouse, reason, orderId, at, actor } }: { movement: Movement }) {
  const nameOf = useNameOf();
  return (
    <>
      {text.kinds[kind]}, {warehouse}:{' '}
      {orderId ? (
        <LinkTo to="/office/orders/$id" params={{ id: orderId }}>
          {reason}
        </LinkTo>
      ) : (
        reason
      )}
      <Text size="xs" c="dimmed">
        {timeText(at)}, {office.order.by(nameOf(actor))}
      </Text>
    </>
  );
}

function Movements({ sku }: { sku: string }) {
  const query = useInfiniteQuery(movementsQuery(sku));
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        {text.movements}
      </Title>
      <List query={query} none={text.none} keyOf={({ id }) => id} columns={MOVEMENTS} />
    </Card>
  );
}
