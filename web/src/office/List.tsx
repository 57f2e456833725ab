import { Button, Table, Text } from '@mantine/core';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failed, Loading } from '../components/states';
import { strings } from '../strings';

export interface Column<T> {
  /** A control stands here as it is. */
  head: ReactNode;
  cell: (row: T) => ReactNode;
  /** Figures stand below each other. */
  figures?: true;
  /** Left out where the screen is narrower than this. */
  from?: 'xs' | 'sm' | 'md';
}

interface TableProps<T> {
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
}

const lookOf = ({ figures, from }: Pick<Column<never>, 'figures' | 'from'>) => ({
  ...(figures ? { className: 'figures' } : {}),
  ...(from ? { visibleFrom: from } : {}),
});

export function Rows<T>({ columns, rows, keyOf }: TableProps<T>) {
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table highlightOnHover className="office-table">
        <Table.Thead>
          <Table.Tr>
            {columns.map((column, index) => (
              <Table.Th key={index} {...lookOf(column)}>
                {column.head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={keyOf(row)}>
              {columns.map((column, index) => (
                <Table.Td key={index} {...lookOf(column)}>
                  {column.cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface ListProps<T> extends Omit<TableProps<T>, 'rows'> {
  query: UseInfiniteQueryResult<InfiniteData<{ data: T[] }>>;
  none: string;
}

/** What is listed so far; undefined before the first page. */
export function rowsOf<T>({ data }: ListProps<T>['query']): T[] | undefined {
  return data?.pages.flatMap((page) => page.data);
}

/** A list that pages by cursor: its rows, or that they are fetched, could not be, or are none; and how to see more. */
export function List<T>({ query, none, ...table }: ListProps<T>) {
  const { error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = query;
  const rows = rowsOf(query);
  if (!rows) return error ? <Failed error={error} retry={() => void refetch()} /> : <Loading />;
  if (rows.length === 0) return <Text role="status">{none}</Text>;
  return (
    <>
      <Rows {...table} rows={rows} />
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {strings.more}
        </Button>
      )}
    </>
  );
}
