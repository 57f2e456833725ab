import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from '../api/client';
import type { components } from '../api/schema';
import { first, got } from '../queries';

export type Stock = components['schemas']['Stock'];
export type Movement = components['schemas']['StockMovement'];
export type PaymentEntry = components['schemas']['PaymentEntry'];
export type LoggedEvent = components['schemas']['LoggedEvent'];

/** What staff see begins with this word: events have it asked for again. */
const OFFICE = 'office';
const LIMIT = 50;
const MESSAGES_MS = 5000;

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
    initialPageParam: first as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  });
}

export interface OrderFilter {
  status?: string | undefined;
  q?: string | undefined;
  /** Days, as a date input has them. */
  from?: string | undefined;
  to?: string | undefined;
  userId?: string | undefined;
}

/** The filter as the API takes it: a day begins and ends where whoever asks is. */
export const officeOrdersQuery = (filter: OrderFilter) =>
  listOf(['orders', filter], ({ ...page }, signal) => {
    const { status, q, from, to, userId } = filter;
    const query = {
      ...page,
      ...(status ? { status } : {}),
      ...(q ? { q } : {}),
      ...(userId ? { userId } : {}),
      ...(from ? { createdFrom: new Date(`${from}T00:00`).toISOString() } : {}),
      ...(to ? { createdTo: new Date(`${to}T23:59:59.999`).toISOString() } : {}),
    };
    return client.GET('/api/v1/orders', { params: { query }, signal });
  });

type PaymentStatus = components['schemas']['Payment']['status'];

export const officePaymentsQuery = (status: PaymentStatus | undefined) =>
  listOf(['payments', status], (page, signal) => {
    const query = { ...page, ...(status ? { status } : {}) };
    return client.GET('/api/v1/payments', { params: { query }, signal });
  });

export const stockListQuery = (q: string | undefined, low: boolean) =>
  listOf(['stock', q, low], (page, signal) => {
    const query = { ...page, ...(q ? { q } : {}), ...(low ? { lowStock: 'true' as const } : {}) };
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
    queryKey: [OFFICE, 'order', orderId, 'movements'],
    queryFn: async ({ signal }) => {
      const query = { limit: 100, orderId };
      const pages = await Promise.all(
        skus.map((sku) =>
          client.GET('/api/v1/inventory/{sku}/movements', { params: { path: { sku }, query }, signal }),
        ),
      );
      return pages.flatMap(({ data }) => got(data).data);
    },
  });

export const notificationsOfOrderQuery = (orderId: string) =>
  queryOptions({
    queryKey: [OFFICE, 'order', orderId, 'notifications'],
    queryFn: async ({ signal }) => {
      const query = { limit: 100, orderId };
      return got((await client.GET('/api/v1/notifications', { params: { query }, signal })).data).data;
    },
    // What others are told is told to nobody else.
    refetchInterval: MESSAGES_MS,
  });

/** The charge and the refunds of each payment of an order. */
export const paymentHistoriesQuery = (orderId: string, paymentIds: readonly string[]) =>
  queryOptions({
    queryKey: [OFFICE, 'order', orderId, 'payments', paymentIds],
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
    // A refund that the gateway has not confirmed yet settles by itself.
    refetchInterval: MESSAGES_MS,
  });

const TELLERS = ['orders', 'inventory', 'payments'];

/** What modules told each other of an order. */
export const eventsOfOrderQuery = (orderId: string) =>
  queryOptions({
    queryKey: [OFFICE, 'order', orderId, 'events'],
    queryFn: async ({ signal }) => {
      const query = { limit: 100, key: orderId };
      const logs = await Promise.all(
        TELLERS.map((module) =>
          client.GET('/api/v1/events/{module}', { params: { path: { module }, query }, signal }),
        ),
      );
      return logs.flatMap(({ data }) => got(data).data);
    },
    refetchInterval: MESSAGES_MS,
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
