import {
  Alert,
  Autocomplete,
  Badge,
  Button,
  Card,
  Group,
  NumberInput,
  SegmentedControl,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import { LinkTo } from '../components/links';
import { Failed, Heading, Loading } from '../components/states';
import { TraceLink } from '../components/TraceLink';
import { timeText } from '../format';
import { got, refetch } from '../queries';
import { Pages, Refusal, SearchBox, useAction, useKeyed, useNameOf } from './parts';
import { type Movement, movementsQuery, type Stock, stockListQuery, stockQuery } from './queries';
import { office } from './strings';

const { stock: texts } = office;
const WAREHOUSE = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

export function StockListPage() {
  const search = useSearch({ from: '/office/stock' });
  const navigate = useNavigate({ from: '/office/stock' });
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const { q, low } = search;
  const warehouse = search.warehouse && WAREHOUSE.test(search.warehouse) ? search.warehouse : undefined;
  const list = useInfiniteQuery(
    stockListQuery({
      ...(q ? { q } : {}),
      ...(warehouse ? { warehouse } : {}),
      ...(low ? { lowStock: 'true' as const } : {}),
    }),
  );
  return (
    <Stack>
      <Heading>{texts.title}</Heading>
      <SegmentedControl
        aria-label={texts.title}
        value={low ? 'low' : 'all'}
        data={[
          { value: 'all', label: texts.all },
          { value: 'low', label: texts.low },
        ]}
        onChange={(value) => set({ low: value === 'low' ? true : undefined })}
      />
      <Group align="start">
        <SearchBox
          label={texts.find}
          value={q ?? ''}
          maxLength={64}
          onSearch={(text) => set({ q: text || undefined })}
        />
        <SearchBox
          label={texts.warehouse}
          placeholder={texts.allWarehouses}
          value={search.warehouse ?? ''}
          maxLength={32}
          onSearch={(text) => set({ warehouse: text.toLowerCase() || undefined })}
        />
      </Group>
      <Pages list={list} empty={low ? texts.noneLow : office.nothingFound}>
        {(rows) => <StockTable rows={rows} warehouse={warehouse} />}
      </Pages>
    </Stack>
  );
}

/** Of one warehouse its own numbers, else those of all together. */
function StockTable({ rows, warehouse }: { rows: Stock[]; warehouse: string | undefined }) {
  return (
    <Table className="office-table">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{texts.product}</Table.Th>
          <Table.Th className="number">{texts.available}</Table.Th>
          <Table.Th className="number" visibleFrom="xs">
            {texts.reserved}
          </Table.Th>
          <Table.Th className="number" visibleFrom="xs">
            {texts.onHand}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((stock) => {
          const levels = stock.warehouses.find((each) => each.warehouse === warehouse) ?? stock;
          return (
            <Table.Tr key={stock.sku}>
              <Table.Td>
                <Group gap="xs">
                  <LinkTo to="/office/stock/$sku" params={{ sku: stock.sku }} fw={600}>
                    {stock.sku}
                  </LinkTo>
                  <LowBadge stock={stock} />
                </Group>
                {warehouse === undefined && (
                  <Text size="xs" c="dimmed">
                    {stock.warehouses.map((each) => `${each.warehouse} ${each.available}`).join(' · ')}
                  </Text>
                )}
              </Table.Td>
              <Table.Td className="number">{levels.available}</Table.Td>
              <Table.Td className="number" visibleFrom="xs">
                {levels.reserved}
              </Table.Td>
              <Table.Td className="number" visibleFrom="xs">
                {levels.onHand}
              </Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

function LowBadge({ stock }: { stock: Stock }) {
  if (stock.available > stock.lowStockThreshold) return null;
  return (
    <Badge color="red" variant="light" tt="none">
      {texts.lowBadge}
    </Badge>
  );
}

export function StockPage() {
  const { sku } = useParams({ from: '/office/stock/$sku' });
  const { data: stock, error, refetch: again } = useQuery(stockQuery(sku));
  const isUnknown = error !== null && Problem.of(error).code === 'INVENTORY.UNKNOWN_SKU';
  return (
    <Stack>
      <Heading>{texts.of(sku)}</Heading>
      <LinkTo to="/office/products/$sku" params={{ sku }}>
        {texts.toProduct}
      </LinkTo>
      {!stock && !error && <Loading />}
      {!stock && error && !isUnknown && <Failed error={error} retry={() => void again()} />}
      {isUnknown && <Text>{texts.unknown(sku)}</Text>}
      {stock && <Levels stock={stock} />}
      {(stock || isUnknown) && <Adjust key={sku} sku={sku} stock={stock} />}
      {stock && <Movements sku={sku} />}
    </Stack>
  );
}

function Levels({ stock }: { stock: Stock }) {
  return (
    <Card withBorder>
      <Group gap="xs">
        <Title order={2} size="h4">
          {texts.perWarehouse}
        </Title>
        <LowBadge stock={stock} />
      </Group>
      <Table className="office-table">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.warehouse}</Table.Th>
            <Table.Th className="number">{texts.available}</Table.Th>
            <Table.Th className="number">{texts.reserved}</Table.Th>
            <Table.Th className="number">{texts.onHand}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {[...stock.warehouses, { ...stock, warehouse: texts.allWarehouses }].map((each) => (
            <Table.Tr key={each.warehouse}>
              <Table.Td>{each.warehouse}</Table.Td>
              <Table.Td className="number">{each.available}</Table.Td>
              <Table.Td className="number">{each.reserved}</Table.Td>
              <Table.Td className="number">{each.onHand}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm" c="dimmed">
        {texts.threshold(stock.lowStockThreshold)}
      </Text>
    </Card>
  );
}

function Adjust({ sku, stock }: { sku: string; stock: Stock | undefined }) {
  // The fullest is meant most often.
  const known = (stock?.warehouses ?? [])
    .toSorted((a, b) => b.onHand - a.onHand)
    .map(({ warehouse }) => warehouse);
  const [warehouse, setWarehouse] = useState(known[0] ?? 'main');
  const [delta, setDelta] = useState<string | number>('');
  const [reason, setReason] = useState('');
  const [said, setSaid] = useState<string | null>(null);
  const { busy, problem, run } = useAction();
  const keyed = useKeyed();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSaid(null);
    const body = { sku, warehouse: warehouse.trim(), delta: Number(delta), reason: reason.trim() };
    void run(async () => {
      const { data } = await keyed(body, (header) =>
        client.POST('/api/v1/inventory/adjust', { params: { header }, body }),
      );
      setSaid(texts.adjusted(got(data).available));
      setDelta('');
      setReason('');
      refetch(['office', 'stock'], ['availability', sku]);
    });
  };
  const fields = problem?.fields ?? {};
  return (
    <Card withBorder>
      <form onSubmit={submit}>
        <Stack gap="sm" maw={480}>
          <Title order={2} size="h4">
            {texts.adjust}
          </Title>
          <Refusal problem={problem} />
          {said && (
            <Alert color="teal" role="status">
              {said}
            </Alert>
          )}
          <Autocomplete
            label={texts.newWarehouse}
            data={known}
            value={warehouse}
            onChange={setWarehouse}
            error={fields['warehouse']}
            required
          />
          <NumberInput
            label={texts.change}
            description={texts.changeHint}
            value={delta}
            onChange={setDelta}
            allowDecimal={false}
            hideControls
            error={delta === 0 ? texts.nothingToChange : fields['delta']}
            required
          />
          <TextInput
            label={office.reason}
            value={reason}
            maxLength={200}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
            error={fields['reason']}
            required
          />
          <Group>
            <Button type="submit" loading={busy} disabled={delta === '' || Number(delta) === 0}>
              {texts.adjustSubmit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

function Movements({ sku }: { sku: string }) {
  const list = useInfiniteQuery(movementsQuery(sku));
  return (
    <Stack>
      <Title order={2} size="h4">
        {texts.movements}
      </Title>
      <Pages list={list} empty={office.nothing}>
        {(rows) => (
          <Table className="office-table">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{texts.what}</Table.Th>
                <Table.Th visibleFrom="sm">{texts.warehouse}</Table.Th>
                <Table.Th className="number">{texts.onHand}</Table.Th>
                <Table.Th className="number">{texts.reserved}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((movement) => (
                <MovementRow key={movement.id} movement={movement} />
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Pages>
    </Stack>
  );
}

const signed = (delta: number) => (delta > 0 ? `+${delta}` : String(delta));

function MovementRow({ movement }: { movement: Movement }) {
  const { kind, warehouse, onHandDelta, reservedDelta, reason, actor, orderId, at, traceId } = movement;
  const nameOf = useNameOf();
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={600}>
          {office.movements[kind]}
        </Text>
        <Text size="sm">{reason}</Text>
        <Text size="xs" c="dimmed">
          {timeText(at)} · {office.by.say(nameOf(actor))}
        </Text>
        <Group gap="sm">
          {orderId && (
            <LinkTo to="/office/orders/$id" params={{ id: orderId }} size="xs">
              {office.payments.toOrder}
            </LinkTo>
          )}
          <TraceLink traceId={traceId} at={at} of={`${office.movements[kind]}, ${timeText(at)}`} />
        </Group>
      </Table.Td>
      <Table.Td visibleFrom="sm">{warehouse}</Table.Td>
      <Table.Td className="number">{signed(onHandDelta)}</Table.Td>
      <Table.Td className="number">{signed(reservedDelta)}</Table.Td>
    </Table.Tr>
  );
}
