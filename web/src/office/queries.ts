import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from '../api/client';
import type { components } from '../api/schema';
import { got, paymentsOfOrderQuery } from '../queries';
import type { OrderFilter, PaymentFilter, StockFilter } from './search';

export type Stock = components['schemas']['Stock'];
export type Movement = components['schemas']['StockMovement'];
export type PaymentEntry = components['schemas']['PaymentEntry'];
export type LoggedEvent = components['schemas']['LoggedEvent'];

/** What staff see begins with this word: events have it asked for again. */
const OFFICE = 'office';
const LIMIT = 50;
/** What follows from an order by itself comes within seconds, and no event tells this page of it. */
const FOLLOWS_MS = 5000;

interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/** A list that goes on, and that stays while another one like it is fetched. */
function listOf<T>(
  key: readonly unknown[],
  fetchPage: (page: { limit: number; cursor?: string }, signal: AbortSignal) => Promise<{ data?: Page<T> }>,
) {
  return infiniteQueryOptions({
    queryKey: [OFFICE, ...key],
    queryFn: async ({ pageParam, signal }) =>
      got((await fetchPage({ limit: LIMIT, ...(pageParam ? { cursor: pageParam } : {}) }, signal)).data),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  });
}

/** The first moment of a day where whoever asks is, or of the day so many days later. */
function startOf(day: string, later = 0): string {
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + later);
  return date.toISOString();
}

/** Days as the API takes them: from the first moment of the first until before the day after the last. */
const created = ({ from, to }: Pick<OrderFilter, 'from' | 'to'>) => ({
  ...(from ? { createdFrom: startOf(from) } : {}),
  ...(to ? { createdTo: startOf(to, 1) } : {}),
});

export const officeOrdersQuery = (filter: OrderFilter) =>
  listOf(['orders', filter], (page, signal) => {
    const { status, q, userId } = filter;
    const query = {
      ...page,
      ...created(filter),
      ...(status ? { status } : {}),
      ...(q ? { q } : {}),
      ...(userId ? { userId } : {}),
    };
    return client.GET('/api/v1/orders', { params: { query }, signal });
  });

export const officePaymentsQuery = (filter: PaymentFilter) =>
  listOf(['payments', filter], (page, signal) => {
    const { status } = filter;
    const query = { ...page, ...created(filter), ...(status ? { status } : {}) };
    return client.GET('/api/v1/payments', { params: { query }, signal });
  });

export const paymentQuery = (id: string) =>
  queryOptions({
    queryKey: [OFFICE, 'payment', id],
    queryFn: async ({ signal }) =>
      got((await client.GET('/api/v1/payments/{id}', { params: { path: { id } }, signal })).data),
    // No event is told of what the gateway has not confirmed yet.
    refetchInterval: FOLLOWS_MS,
  });

export const stockListQuery = (filter: StockFilter) =>
  listOf(['stock', filter], (page, signal) => {
    const { q, warehouse, low } = filter;
    const query = {
      ...page,
      ...(q ? { q } : {}),
      ...(warehouse ? { warehouse } : {}),
      ...(low ? { lowStock: 'true' as const } : {}),
    };
    return client.GET('/api/v1/inventory', { params: { query }, signal });
  });

export const stockQuery = (sku: string) =>
  queryOptions({
    queryKey: [OFFICE, 'stock', sku],
    queryFn: async ({ signal }) => {
      const { data } = await client.GET('/api/v1/inventory/{sku}', { params: { path: { sku } }, signal });
      // Staff are answered the whole of it.
      return got(data) as Stock;
    },
  });

export const movementsQuery = (sku: string) =>
  listOf(['movements', sku], (query, signal) =>
    client.GET('/api/v1/inventory/{sku}/movements', { params: { path: { sku }, query }, signal }),
  );

/** What an order did to the stock of its products. */
export const movementsOfOrderQuery = (orderId: string, skus: readonly string[]) =>
  queryOptions({
    queryKey: ['order', orderId, 'movements'],
    queryFn: async ({ signal }) => {
      const query = { limit: 100, orderId };
      const pages = await Promise.all(
        skus.map((sku) =>
          client.GET('/api/v1/inventory/{sku}/movements', { params: { path: { sku }, query }, signal }),
        ),
      );
      return pages.flatMap(({ data }) => got(data).data);
    },
    refetchInterval: FOLLOWS_MS,
  });

export const notificationsOfOrderQuery = (orderId: string) =>
  queryOptions({
    queryKey: ['order', orderId, 'notifications'],
    queryFn: async ({ signal }) => {
      const query = { limit: 100, orderId };
      return got((await client.GET('/api/v1/notifications', { params: { query }, signal })).data).data;
    },
    refetchInterval: FOLLOWS_MS,
  });

/** As its owner sees them, and what becomes of refunds that the gateway has not confirmed yet. */
export const followedPaymentsQuery = (orderId: string) =>
  queryOptions({ ...paymentsOfOrderQuery(orderId), refetchInterval: FOLLOWS_MS });

/** The charge and the refunds of each payment of an order. */
export const paymentHistoriesQuery = (orderId: string, paymentIds: readonly string[]) =>
  queryOptions({
    queryKey: ['order', orderId, 'payments', paymentIds],
    queryFn: async ({ signal }) => {
      const histories = await Promise.all(
        paymentIds.map((id) => {
          const params = { path: { id }, query: { limit: 100 } };
          return client.GET('/api/v1/payments/{id}/history', { params, signal });
        }),
      );
      return histories.flatMap(({ data }) => got(data).data);
    },
    placeholderData: keepPreviousData,
    refetchInterval: FOLLOWS_MS,
  });

const TELLERS = ['orders', 'inventory', 'payments'];

/** What modules told each other of an order. */
export const eventsOfOrderQuery = (orderId: string) =>
  queryOptions({
    queryKey: ['order', orderId, 'events'],
    queryFn: async ({ signal }) => {
      const query = { limit: 100, key: orderId };
      const logs = await Promise.all(
        TELLERS.map((module) =>
          client.GET('/api/v1/events/{module}', { params: { path: { module }, query }, signal }),
        ),
      );
      return logs.flatMap(({ data }) => got(data).data);
    },
    refetchInterval: FOLLOWS_MS,
  });

export const officeProductsQuery = (q: string | undefined) =>
  listOf(['products', q], (page, signal) => {
    const query = { ...page, ...(q ? { q } : {}) };
    return client.GET('/api/v1/products', { params: { query }, signal });
  });

export const usersQuery = (q: string | undefined) =>
  listOf(['users', q], (page, signal) => {
    const query = { ...page, ...(q ? { q } : {}) };
    return client.GET('/api/v1/users', { params: { query }, signal });
  });
