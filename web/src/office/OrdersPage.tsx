import {
  Alert,
  Button,
  Card,
  Checkbox,
  Group,
  List,
  NativeSelect,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { Problem } from '../api/problem';
import { LinkButton, LinkTo } from '../components/links';
import { Heading } from '../components/states';
import { StatusBadge } from '../components/StatusBadge';
import { moneyText, timeText } from '../format';
import { type Order, refetch } from '../queries';
import { strings } from '../strings';
import { CancelDialog } from './CancelDialog';
import { move, type Target } from './moves';
import { Pages, SearchBox, startOf, textOf } from './parts';
import { ordersQuery } from './queries';
import { ORDER_STATUSES } from './routes';
import { office } from './strings';

const { orders: texts } = office;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const NUMBER = /^[A-Za-z0-9-]{1,40}$/;
const TARGETS = ['processing', 'shipped', 'delivered'] as const;

export function OrdersPage() {
  const search = useSearch({ from: '/office/orders' });
  const { q, status, from, to, sort } = search;
  const isId = q !== undefined && UUID.test(q);
  const isNumber = q === undefined || isId || NUMBER.test(q);
  const userId = isId ? q : search.user;
  const list = useInfiniteQuery({
    ...ordersQuery({
      ...(q && !isId ? { q } : {}),
      ...(userId ? { userId } : {}),
      ...(status ? { status } : {}),
      ...(from ? { createdFrom: startOf(from) } : {}),
      ...(to ? { createdTo: startOf(to, 1) } : {}),
      ...(sort ? { sort } : {}),
    }),
    enabled: isNumber,
  });
  return (
    <Stack>
      <Heading>{texts.title}</Heading>
      <Filters isNumber={isNumber} />
      {isNumber && (
        <Pages list={list} empty={office.nothingFound}>
          {(orders) => <Selection orders={orders} />}
        </Pages>
      )}
    </Stack>
  );
}

function Filters({ isNumber }: { isNumber: boolean }) {
  const search = useSearch({ from: '/office/orders' });
  const navigate = useNavigate({ from: '/office/orders' });
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  return (
    <Stack gap="xs">
      <Group align="start" gap="sm">
        <SearchBox
          label={texts.find}
          placeholder={texts.findPlaceholder}
          value={search.q ?? ''}
          maxLength={40}
          error={isNumber ? undefined : texts.notANumber}
          onSearch={(text) => set({ q: text || undefined })}
        />
        <NativeSelect
          label={texts.status}
          value={search.status ?? ''}
          data={[
            { value: '', label: office.all },
            ...ORDER_STATUSES.map((value) => ({ value, label: strings.orders.status[value] })),
          ]}
          onChange={({ currentTarget: { value } }) =>
            set({ status: ORDER_STATUSES.find((each) => each === value) })
          }
        />
        <TextInput
          type="date"
          label={office.from}
          value={search.from ?? ''}
          onChange={({ currentTarget }) => set({ from: currentTarget.value || undefined })}
        />
        <TextInput
          type="date"
          label={office.to}
          value={search.to ?? ''}
          onChange={({ currentTarget }) => set({ to: currentTarget.value || undefined })}
        />
        <NativeSelect
          label={texts.sort}
          value={search.sort ?? ''}
          data={[
            { value: '', label: texts.newest },
            { value: 'createdAt', label: texts.oldest },
          ]}
          onChange={({ currentTarget: { value } }) => set({ sort: value === '' ? undefined : 'createdAt' })}
        />
      </Group>
      {search.user && (
        <Group gap="xs">
          <Text size="sm" className="wrap">
            {texts.ofCustomer(search.user)}
          </Text>
          <LinkButton to="/office/orders" search={{}} size="xs" variant="default">
            {texts.ofAll}
          </LinkButton>
        </Group>
      )}
    </Stack>
  );
}

interface Outcome {
  order: Order;
  problem: Problem | null;
}

/** Orders at a time that are changed: quick, and no flood. */
const AT_ONCE = 4;

function Selection({ orders }: { orders: Order[] }) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [outcomes, setOutcomes] = useState<Outcome[] | null>(null);
  const [progress, setProgress] = useState<{ done: number; all: number } | null>(null);
  const [cancelling, setCancelling] = useState(false);
  const selected = orders.filter(({ id }) => ids.has(id));

  const apply = async (target: Target, reason?: string) => {
    const queue = [...selected];
    const all = queue.length;
    const found: Outcome[] = [];
    setCancelling(false);
    setOutcomes(null);
    setProgress({ done: 0, all });
    const work = async () => {
      for (let order = queue.shift(); order; order = queue.shift()) {
        const problem = await move(order, target, reason).then(
          () => null,
          (error: unknown) => Problem.of(error),
        );
        found.push({ order, problem });
        setProgress({ done: found.length, all });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    setProgress(null);
    setOutcomes(found);
    setIds(new Set(found.flatMap(({ order, problem }) => (problem ? [order.id] : []))));
    refetch('orders', 'office', ...found.map(({ order }) => ['order', order.id]));
  };

  return (
    <Stack>
      <Report outcomes={outcomes} />
      <Card withBorder padding="xs">
        <Group gap="xs" role="status">
          <Text size="sm">
            {progress ? texts.working(progress.done, progress.all) : texts.selected(selected.length)}
          </Text>
        </Group>
        <Group gap="xs" mt="xs">
          {TARGETS.map((target) => (
            <Button
              key={target}
              size="xs"
              variant="light"
              disabled={selected.length === 0 || progress !== null}
              onClick={() => void apply(target)}
            >
              {texts.move[target]}
            </Button>
          ))}
          <Button
            size="xs"
            variant="default"
            disabled={selected.length === 0 || progress !== null}
            onClick={() => setCancelling(true)}
          >
            {texts.move.cancelled}
          </Button>
        </Group>
      </Card>
      <OrderTable orders={orders} ids={ids} select={setIds} />
      <CancelDialog
        count={selected.length}
        opened={cancelling}
        close={() => setCancelling(false)}
        cancel={(reason) => void apply('cancelled', reason)}
      />
    </Stack>
  );
}

/** What came of it, order by order where it did not work. */
function Report({ outcomes }: { outcomes: Outcome[] | null }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (outcomes) box.current?.focus();
  }, [outcomes]);
  if (!outcomes) return null;
  const failed = outcomes.filter((each) => each.problem !== null);
  const done = outcomes.length - failed.length;
  return (
    <Alert
      ref={box}
      tabIndex={-1}
      role="alert"
      color={failed.length > 0 ? 'red' : 'teal'}
      title={texts.report(done, outcomes.length)}
    >
      {failed.length > 0 && (
        <>
          <Text>{texts.failed(failed.length)}</Text>
          <List>
            {failed.map(({ order, problem }) => (
              <List.Item key={order.id} className="wrap">
                {order.number}: {problem && textOf(problem)}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Alert>
  );
}

interface TableProps {
  orders: Order[];
  ids: ReadonlySet<string>;
  select: (ids: ReadonlySet<string>) => void;
}

function OrderTable({ orders, ids, select }: TableProps) {
  const toggle = (id: string) =>
    select(new Set(ids.has(id) ? [...ids].filter((each) => each !== id) : [...ids, id]));
  const isAll = orders.every(({ id }) => ids.has(id));
  const isSome = orders.some(({ id }) => ids.has(id));
  return (
    <Table className="office-table">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={36}>
            <Checkbox
              aria-label={texts.selectAll}
              checked={isAll}
              indeterminate={isSome && !isAll}
              onChange={() => select(new Set(isAll ? [] : orders.map(({ id }) => id)))}
            />
          </Table.Th>
          <Table.Th>{texts.number}</Table.Th>
          <Table.Th visibleFrom="sm">{texts.customer}</Table.Th>
          <Table.Th className="number">{texts.total}</Table.Th>
          <Table.Th>{texts.state}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {orders.map(({ id, number, createdAt, shippingAddress, total, status }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <Checkbox aria-label={texts.select(number)} checked={ids.has(id)} onChange={() => toggle(id)} />
            </Table.Td>
            <Table.Td>
              <LinkTo to="/office/orders/$id" params={{ id }} fw={600}>
                {number}
              </LinkTo>
              <Text size="xs" c="dimmed">
                {timeText(createdAt)}
              </Text>
            </Table.Td>
            <Table.Td visibleFrom="sm">{shippingAddress.name}</Table.Td>
            <Table.Td className="number">{moneyText(total)}</Table.Td>
            <Table.Td>
              <StatusBadge status={status} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
