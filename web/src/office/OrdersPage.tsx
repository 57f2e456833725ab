import { Alert, Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '../api/problem';
import { LinkButton, LinkTo } from '../components/links';
import { Heading } from '../components/states';
import { StatusBadge } from '../components/StatusBadge';
import { moneyText, timeText } from '../format';
import { type Order, refetch } from '../queries';
import { strings } from '../strings';
import { FilterForm } from './FilterForm';
import { type Column, List, rowsOf } from './List';
import { MoveButtons } from './MoveButtons';
import { type Move, move, MOVES } from './moves';
import { officeOrdersQuery } from './queries';
import { type OrderFilter, orderFilter } from './search';

const { office } = strings;
const { orders: text } = office;
const STATUSES = Object.entries(strings.orders.status).map(([value, label]) => ({ value, label }));

export function OrdersPage() {
  const filter = useSearch({ from: '/office/orders' });
  const query = useInfiniteQuery(officeOrdersQuery(filter));
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const shown = rowsOf(query) ?? [];
  const chosen = shown.filter(({ id }) => selected.has(id));
  const select = (orders: readonly Order[], on: boolean) =>
    setSelected((before) => {
      const after = new Set(before);
      for (const { id } of orders)
        if (on) after.add(id);
        else after.delete(id);
      return after;
    });
  return (
    <Stack>
      <Heading>{text.title}</Heading>
      <Filter filter={filter} />
      <Bulk chosen={chosen} choose={(orders) => setSelected(new Set(orders.map(({ id }) => id)))} />
      <List
        query={query}
        none={text.none}
        keyOf={({ id }) => id}
        columns={[
          {
            head: (
              <Checkbox
                aria-label={text.selectAll}
                checked={chosen.length > 0 && chosen.length === shown.length}
                indeterminate={chosen.length > 0 && chosen.length < shown.length}
                onChange={({ currentTarget: { checked } }) => select(shown, checked)}
              />
            ),
            cell: (order) => (
              <Checkbox
                aria-label={text.select(order.number)}
                checked={selected.has(order.id)}
                onChange={({ currentTarget: { checked } }) => select([order], checked)}
              />
            ),
          },
          ...COLUMNS,
        ]}
      />
    </Stack>
  );
}

const COLUMNS: Column<Order>[] = [
  {
    head: text.number,
    cell: ({ id, number, createdAt }) => (
      <>
        <LinkTo to="/office/orders/$id" params={{ id }} className="whole">
          {number}
        </LinkTo>
        <Text size="xs" c="dimmed" className="whole">
          {timeText(createdAt)}
        </Text>
      </>
    ),
  },
  { head: text.customer, cell: ({ shippingAddress }) => shippingAddress.name, from: 'sm' },
  { head: text.total, cell: ({ total }) => moneyText(total), figures: true },
  { head: text.status, cell: ({ status }) => <StatusBadge status={status} /> },
];

function Filter({ filter }: { filter: OrderFilter }) {
  const navigate = useNavigate();
  const { status, q, from, to, userId } = filter;
  return (
    <>
      <FilterForm
        values={{ q, status, from, to }}
        search={(values) =>
          void navigate({ to: '/office/orders', search: { ...orderFilter(values), userId } })
        }
      >
        <TextInput
          name="q"
          type="search"
          label={text.number}
          placeholder={text.searchHint}
          pattern="[A-Za-z0-9\-]{1,40}"
          w={240}
        />
        <NativeSelect
          name="status"
          label={text.status}
          data={[{ value: '', label: office.all }, ...STATUSES]}
        />
        <TextInput name="from" type="date" label={office.from} />
        <TextInput name="to" type="date" label={office.to} />
      </FilterForm>
      {userId && (
        <Group gap="sm">
          <Text>{text.ofOne}</Text>
          <LinkButton to="/office/orders" search={{}} size="xs" variant="default">
            {text.ofAll}
          </LinkButton>
        </Group>
      )}
    </>
  );
}

interface BulkProps {
  chosen: readonly Order[];
  choose: (orders: readonly Order[]) => void;
}

/** Brings many orders on at once: those that may go there go, and of the others it says why not. */
function Bulk({ chosen, choose }: BulkProps) {
  const [done, setDone] = useState(0);
  const { mutate, data, isPending, reset, variables } = useMutation({
    mutationFn: async ({ orders, to, reason }: { orders: readonly Order[]; to: Move; reason?: string }) => {
      const refused: { order: Order; line: string }[] = [];
      setDone(0);
      // One after the other: whoever moves a hundred orders is in no hurry, and others want to be served too.
      for (const order of orders) {
        await move(order, to, reason).catch((error: unknown) =>
          refused.push({ order, line: text.cannot(order.number, Problem.of(error).text) }),
        );
        setDone((before) => before + 1);
      }
      return { all: orders.length, refused };
    },
    onSuccess: ({ refused }) => choose(refused.map(({ order }) => order)),
    onSettled: () => refetch('office', 'orders', 'order'),
  });
  const possible = (Object.keys(text.moves) as Move[]).filter((to) =>
    chosen.some(({ status }) => MOVES[status].includes(to)),
  );
  const moving = variables?.orders.length ?? 0;
  return (
    <Stack gap="xs">
      {data && (
        <Alert
          color={data.refused.length > 0 ? 'yellow' : 'teal'}
          role="status"
          withCloseButton
          closeButtonLabel={strings.close}
          onClose={reset}
        >
          {text.done(data.all - data.refused.length, data.all)}
          {data.refused.map(({ order, line }) => (
            <Text key={order.id} size="sm" className="wrap">
              {line}
            </Text>
          ))}
        </Alert>
      )}
      {chosen.length > 0 && (
        <Group gap="sm">
          <Text role="status">{isPending ? text.moving(done, moving) : text.selected(chosen.length)}</Text>
          <MoveButtons
            label={office.order.move}
            moves={possible}
            count={chosen.length}
            busy={isPending}
            move={(to, reason) => mutate({ orders: chosen, to, ...(reason ? { reason } : {}) })}
          >
            <Button variant="subtle" onClick={() => choose([])}>
              {text.clear}
            </Button>
          </MoveButtons>
        </Group>
      )}
    </Stack>
  );
}
