import { Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { LinkTo } from '../components/links';
import { Heading } from '../components/states';
import { strings } from '../strings';
import { FilterForm } from './FilterForm';
import { type Column, List } from './List';
import { type Stock, stockListQuery } from './queries';
import { stockFilter } from './search';
import { LEVELS, type Levels, LowBadge } from './stock-levels';

const { office } = strings;
const { stock: text } = office;

/** What one warehouse has of a product. */
interface Shelf extends Levels {
  stock: Stock;
  warehouse: string;
  /** The product is told once. */
  isFirst: boolean;
}

const SHELVES: Column<Shelf>[] = [
  {
    head: text.sku,
    cell: ({ stock, isFirst }) =>
      isFirst ? (
        <Group gap="xs">
          <LinkTo to="/office/stock/$sku" params={{ sku: stock.sku }}>
            {stock.sku}
          </LinkTo>
          <LowBadge stock={stock} />
        </Group>
      ) : (
        <Text size="sm" c="dimmed">
          {stock.sku}
        </Text>
      ),
  },
  { head: text.warehouse, cell: ({ warehouse }) => warehouse },
  ...LEVELS,
];

function shelvesOf(stock: Stock, only: string | undefined): Shelf[] {
  const { warehouses } = stock;
  const none = { warehouse: '–', onHand: 0, reserved: 0, available: 0 };
  return (warehouses.length > 0 ? warehouses : [none])
    .filter(({ warehouse }) => only === undefined || warehouse === only)
    .map((shelf, index) => ({ stock, isFirst: index === 0, ...shelf }));
}

export function StockPage() {
  const filter = useSearch({ from: '/office/stock' });
  const { q, warehouse, low } = filter;
  const query = useInfiniteQuery({
    ...stockListQuery(filter),
    select: ({ pages, pageParams }) => ({
      pages: pages.map(({ data }) => ({ data: data.flatMap((stock) => shelvesOf(stock, warehouse)) })),
      pageParams,
    }),
  });
  const navigate = useNavigate();
  return (
    <Stack>
      <Heading>{text.title}</Heading>
      <FilterForm
        values={{ q, warehouse, low: low ? 'true' : undefined }}
        search={(values) => {
          const search = stockFilter({
            q: values.q?.toUpperCase(),
            warehouse: values.warehouse?.toLowerCase(),
            low: values.low === 'true',
          });
          void navigate({ to: '/office/stock', search });
        }}
      >
        <TextInput
          name="q"
          type="search"
          label={text.sku}
          placeholder={text.searchHint}
          maxLength={64}
          w={220}
        />
        <TextInput
          name="warehouse"
          type="search"
          label={text.warehouse}
          placeholder={office.all}
          pattern="[A-Za-z0-9\-]{1,32}"
          w={140}
        />
        <Checkbox name="low" value="true" label={text.low} mb={8} />
      </FilterForm>
      <List
        query={query}
        none={low ? text.noneLow : text.none}
        keyOf={({ stock, warehouse: shelf }) => `${stock.sku} ${shelf}`}
        columns={SHELVES}
      />
    </Stack>
  );
}
