import {
  Badge,
  Button,
  Card,
  Checkbox,
  Group,
  NumberInput,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type FormEvent, useRef } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import type { components } from '../api/schema';
import { fieldOf } from '../components/delivery';
import { LinkTo } from '../components/links';
import { Failed, Heading, Loading, Refused } from '../components/states';
import { timeText } from '../format';
import { newKey } from '../idempotency';
import { refetch } from '../queries';
import { strings } from '../strings';
import { ListState } from './ListState';
import { movementsQuery, type Stock, stockListQuery, stockQuery } from './queries';
import { SearchField } from './SearchField';
import { signed } from './timeline';

const { office } = strings;
const { stock: text } = office;

export function StockPage() {
  const { q, low = false } = useSearch({ from: '/office/stock' });
  const query = useInfiniteQuery(stockListQuery(q, low));
  const items = query.data?.pages.flatMap((page) => page.data);
  const navigate = useNavigate();
  const search = (wanted: string | undefined, onlyLow: boolean) =>
    void navigate({ to: '/office/stock', search: { q: wanted?.toUpperCase(), low: onlyLow || undefined } });
  return (
    <Stack>
      <Heading>{text.title}</Heading>
      <Group>
        <SearchField q={q} hint={text.searchHint} search={(wanted) => search(wanted, low)} />
        <Checkbox
          label={text.low}
          checked={low}
          onChange={({ currentTarget: { checked } }) => search(q, checked)}
        />
      </Group>
      {items && items.length > 0 && (
        <Table.ScrollContainer minWidth={520}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{text.sku}</Table.Th>
                <Table.Th>{text.warehouse}</Table.Th>
                <Table.Th>{text.onHand}</Table.Th>
                <Table.Th>{text.reserved}</Table.Th>
                <Table.Th>{text.available}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((item) => (
                <Rows key={item.sku} item={item} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ListState count={items?.length} none={text.none} query={query} />
    </Stack>
  );
}

/** A row for each warehouse that has some; the product stands in the first of them. */
function Rows({ item: { sku, warehouses, available, lowStockThreshold } }: { item: Stock }) {
  const rows =
    warehouses.length > 0 ? warehouses : [{ warehouse: '–', onHand: 0, reserved: 0, available: 0 }];
  return rows.map((row, index) => (
    <Table.Tr key={row.warehouse}>
      {index === 0 && (
        <Table.Th scope="rowgroup" rowSpan={rows.length} fw={400}>
          <Group gap="xs">
            <LinkTo to="/office/stock/$sku" params={{ sku }}>
              {sku}
            </LinkTo>
            {available <= lowStockThreshold && (
              <Badge color="yellow" variant="light" tt="none">
                {text.lowBadge}
              </Badge>
            )}
          </Group>
        </Table.Th>
      )}
      <Table.Td>{row.warehouse}</Table.Td>
      <Table.Td>{row.onHand}</Table.Td>
      <Table.Td>{row.reserved}</Table.Td>
      <Table.Td>{row.available}</Table.Td>
    </Table.Tr>
  ));
}

export function StockItemPage() {
  const { sku } = useParams({ from: '/office/stock/$sku' });
  const { data: stock, error, refetch: again } = useQuery(stockQuery(sku));
  const isMissing = error !== null && Problem.of(error).status === 404;
  return (
    <Stack maw={860}>
      <Heading>{sku}</Heading>
      {stock && <Levels stock={stock} />}
      {!stock && isMissing && <Text>{text.unknown}</Text>}
      {!stock && error && !isMissing && <Failed error={error} retry={() => void again()} />}
      {!stock && !error && <Loading />}
      <Adjust sku={sku} warehouses={stock?.warehouses.map(({ warehouse }) => warehouse) ?? []} />
      {stock && <Movements sku={sku} />}
    </Stack>
  );
}

function Levels({ stock: { warehouses, available, lowStockThreshold } }: { stock: Stock }) {
  return (
    <Card withBorder>
      <Group mb="sm">
        <Text role="status">
          {text.available}: {available}
        </Text>
        <Text c="dimmed">{text.threshold(lowStockThreshold)}</Text>
        {available <= lowStockThreshold && (
          <Badge color="yellow" variant="light" tt="none">
            {text.lowBadge}
          </Badge>
        )}
      </Group>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{text.warehouse}</Table.Th>
            <Table.Th>{text.onHand}</Table.Th>
            <Table.Th>{text.reserved}</Table.Th>
            <Table.Th>{text.available}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {warehouses.map((row) => (
            <Table.Tr key={row.warehouse}>
              <Table.Td>{row.warehouse}</Table.Td>
              <Table.Td>{row.onHand}</Table.Td>
              <Table.Td>{row.reserved}</Table.Td>
              <Table.Td>{row.available}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function Adjust({ sku, warehouses }: { sku: string; warehouses: readonly string[] }) {
  const form = useRef<HTMLFormElement>(null);
  const attempt = useRef({ body: '', key: '' });
  const { mutate, error, isPending, isSuccess } = useMutation({
    mutationFn: (body: components['schemas']['AdjustStock']) => {
      const sent = JSON.stringify(body);
      if (attempt.current.body !== sent) attempt.current = { body: sent, key: newKey() };
      return client.POST('/api/v1/inventory/adjust', {
        params: { header: { 'Idempotency-Key': attempt.current.key } },
        body,
      });
    },
    onSuccess: () => {
      // The same again would be another adjustment.
      attempt.current = { body: '', key: '' };
      form.current?.reset();
    },
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

function Movements({ sku }: { sku: string }) {
  const query = useInfiniteQuery(movementsQuery(sku));
  const movements = query.data?.pages.flatMap((page) => page.data);
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="sm">
        {text.movements}
      </Title>
      {movements && movements.length > 0 && (
        <Table.ScrollContainer minWidth={620}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{office.when}</Table.Th>
                <Table.Th>{text.kind}</Table.Th>
                <Table.Th>{text.warehouse}</Table.Th>
                <Table.Th>{text.onHand}</Table.Th>
                <Table.Th>{text.reserved}</Table.Th>
                <Table.Th>{office.reason}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {movements.map(({ id, at, kind, warehouse, onHandDelta, reservedDelta, reason, orderId }) => (
                <Table.Tr key={id}>
                  <Table.Td>{timeText(at)}</Table.Td>
                  <Table.Td>{text.kinds[kind]}</Table.Td>
                  <Table.Td>{warehouse}</Table.Td>
                  <Table.Td>{onHandDelta !== 0 && signed(onHandDelta)}</Table.Td>
                  <Table.Td>{reservedDelta !== 0 && signed(reservedDelta)}</Table.Td>
                  <Table.Td className="wrap">
                    {orderId ? (
                      <LinkTo to="/office/orders/$id" params={{ id: orderId }}>
                        {reason}
                      </LinkTo>
                    ) : (
                      reason
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ListState count={movements?.length} none={text.none} query={query} />
    </Card>
  );
}
