import { Alert, Button, Checkbox, Group, NativeSelect, Stack, Table, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Problem } from '../api/problem';
import { fieldOf } from '../components/delivery';
import { LinkTo } from '../components/links';
import { Heading } from '../components/states';
import { StatusBadge } from '../components/StatusBadge';
import { moneyText, timeText } from '../format';
import { type Order, refetch } from '../queries';
import { strings } from '../strings';
import { ListState } from './ListState';
import { type Move, move, MOVES } from './moves';
import { type OrderFilter, officeOrdersQuery } from './queries';

const { office } = strings;
const STATUSES = Object.entries(strings.orders.status).map(([value, label]) => ({ value, label }));

export function OrdersPage() {
  const filter = useSearch({ from: '/office/orders' });
  const query = useInfiniteQuery(officeOrdersQuery(filter));
  const orders = query.data?.pages.flatMap((page) => page.data);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const shown = orders ?? [];
  const chosen = shown.filter(({ id }) => selected.has(id));
  const select = (ids: string[], on: boolean) =>
    setSelected((before) => {
      const after = new Set(before);
      for (const id of ids)
        if (on) after.add(id);
        else after.delete(id);
      return after;
    });
  return (
    <Stack>
      <Heading>{office.orders.title}</Heading>
      <Filter key={JSON.stringify(filter)} filter={filter} />
      <Bulk chosen={chosen} clear={() => setSelected(new Set())} />
      {shown.length > 0 && (
        <Table.ScrollContainer minWidth={560}>
          <Table highlightOnHover verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={40}>
                  <Checkbox
                    aria-label={office.orders.selectAll}
                    checked={chosen.length === shown.length}
                    indeterminate={chosen.length > 0 && chosen.length < shown.length}
                    onChange={({ currentTarget: { checked } }) =>
                      select(
                        shown.map(({ id }) => id),
                        checked,
                      )
                    }
                  />
                </Table.Th>
                <Table.Th>{office.orders.number}</Table.Th>
                <Table.Th>{office.orders.status}</Table.Th>
                <Table.Th>{office.orders.total}</Table.Th>
                <Table.Th>{office.orders.placed}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((order) => (
                <Row
                  key={order.id}
                  order={order}
                  checked={selected.has(order.id)}
                  select={(on) => select([order.id], on)}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ListState count={orders?.length} none={office.orders.none} query={query} />
    </Stack>
  );
}

interface RowProps {
  order: Order;
  checked: boolean;
  select: (on: boolean) => void;
}

function Row({ order: { id, number, status, total, createdAt }, checked, select }: RowProps) {
  return (
    <Table.Tr>
      <Table.Td>
        <Checkbox
          aria-label={office.orders.select(number)}
          checked={checked}
          onChange={({ currentTarget }) => select(currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>
        <LinkTo to="/office/orders/$id" params={{ id }}>
          {number}
        </LinkTo>
      </Table.Td>
      <Table.Td>
        <StatusBadge status={status} />
      </Table.Td>
      <Table.Td>{moneyText(total)}</Table.Td>
      <Table.Td>{timeText(createdAt)}</Table.Td>
    </Table.Tr>
  );
}

function Filter({ filter }: { filter: OrderFilter }) {
  const navigate = useNavigate();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = (name: string) => fieldOf(form, name) || undefined;
    const search = {
      status: given('status'),
      q: given('q'),
      from: given('from'),
      to: given('to'),
      userId: filter.userId,
    };
    void navigate({ to: '/office/orders', search });
  };
  return (
    <form role="search" onSubmit={submit}>
      <Group align="end" gap="sm">
        <TextInput
          name="q"
          type="search"
          label={office.orders.number}
          placeholder={office.orders.searchHint}
          pattern="[A-Za-z0-9\-]{1,40}"
          defaultValue={filter.q ?? ''}
        />
        <NativeSelect
          name="status"
          label={office.orders.status}
          data={[{ value: '', label: office.all }, ...STATUSES]}
          defaultValue={filter.status ?? ''}
        />
        <TextInput name="from" type="date" label={office.from} defaultValue={filter.from ?? ''} />
        <TextInput name="to" type="date" label={office.to} defaultValue={filter.to ?? ''} />
        <Button type="submit">{office.search}</Button>
      </Group>
    </form>
  );
}

/** Brings many orders on at once: those that may go there go, and of the others it says why not. */
function Bulk({ chosen, clear }: { chosen: readonly Order[]; clear: () => void }) {
  const { mutate, data, isPending, reset } = useMutation({
    mutationFn: async (to: Move) => {
      const refused: string[] = [];
      // One after the other: whoever moves a hundred orders is in no hurry, and others want to be served too.
      for (const order of chosen) {
        await move(order, to).catch((error: unknown) =>
          refused.push(office.orders.cannot(order.number, Problem.of(error).text)),
        );
      }
      return { all: chosen.length, refused };
    },
    onSuccess: ({ refused }) => {
      if (refused.length === 0) clear();
    },
    onSettled: () => refetch('office', 'orders', 'order'),
  });
  const possible = (Object.keys(office.orders.moves) as Move[]).filter((to) =>
    chosen.some(({ status }) => MOVES[status].includes(to)),
  );
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
          {office.orders.done(data.all - data.refused.length, data.all)}
          {data.refused.map((line) => (
            <Text key={line} size="sm" className="wrap">
              {line}
            </Text>
          ))}
        </Alert>
      )}
      {chosen.length > 0 && (
        <Group gap="sm">
          <Text>{office.orders.selected(chosen.length)}</Text>
          {possible.map((to) => (
            <Button
              key={to}
              variant={to === 'cancelled' ? 'default' : 'filled'}
              loading={isPending}
              onClick={() => mutate(to)}
            >
              {office.orders.moves[to]}
            </Button>
          ))}
          <Button variant="subtle" onClick={clear}>
            {office.orders.clear}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
