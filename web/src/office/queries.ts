import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from '../api/client';
import type { components, operations } from '../api/schema';
import { first, got, paymentsOfOrderQuery } from '../queries';

type Schemas = components['schemas'];
export type Stock = Schemas['Stock'];
export type Movement = Schemas['StockMovement'];
export type PaymentEntry = Schemas['PaymentEntry'];
export type Notification = Schemas['Notification'];
export type LoggedEvent = Schemas['LoggedEvent'];
export type User = Schemas['User'];

type QueryOf<O extends keyof operations> = NonNullable<operations[O]['parameters']['query']>;
type Filter<O extends keyof operations> = Omit<QueryOf<O>, 'limit' | 'cursor'>;

/** Whatever follows from an order's change by itself comes within seconds; no event tells this page. */
const FOLLOWS_MS = 5000;
const LIMIT = 25;
const ALL = 100;

interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

function pages<T>(
  queryKey: readonly unknown[],
  fetch: (page: { limit: number; cursor?: string }, signal: AbortSignal) => Promise<{ data?: Page<T> }>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: async ({ pageParam, signal }) => {
      const { data } = await fetch({ limit: LIMIT, ...(pageParam ? { cursor: pageParam } : {}) }, signal);
      return got(data);
    },
    initialPageParam: first as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  });
}

export const ordersQuery = (filter: Filter<'orders_list'>) =>
  pages(['office', 'orders', filter], (page, signal) =>
    client.GET('/api/v1/orders', { params: { query: { ...filter, ...page } }, signal }),
  );

export const stockListQuery = (filter: Filter<'inventory_list'>) =>
  pages(['office', 'stock', filter], (page, signal) =>
    client.GET('/api/v1/inventory', { params: { query: { ...filter, ...page } }, signal }),
  );

export const stockQuery = (sku: string) =>
  queryOptions({
    queryKey: ['office', 'stock', 'of', sku],
    queryFn: async ({ signal }) => {
      const { data } = await client.GET('/api/v1/inventory/{sku}', { params: { path: { sku } }, signal });
      return got(data) as Stock;
    },
  });

export const movementsQuery = (sku: string) =>
  pages(['office', 'stock', 'movements', sku], (page, signal) =>
    client.GET('/api/v1/inventory/{sku}/movements', { params: { path: { sku }, query: page }, signal }),
  );

export const paymentsQuery = (filter: Filter<'payments_list'>) =>
  pages(['office', 'payments', filter], (page, signal) =>
    client.GET('/api/v1/payments', { params: { query: { ...filter, ...page } }, signal }),
  );

export const paymentQuery = (id: string) =>
  queryOptions({
    queryKey: ['office', 'payments', 'one', id],
    queryFn: async ({ signal }) => {
      const { data } = await client.GET('/api/v1/payments/{id}', { params: { path: { id } }, signal });
      return got(data);
    },
    refetchInterval: FOLLOWS_MS,
  });

export const paymentHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ['office', 'payments', 'history', id],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { limit: ALL } };
      const { data } = await client.GET('/api/v1/payments/{id}/history', { params, signal });
      return got(data);
    },
    refetchInterval: FOLLOWS_MS,
  });

export const productsQuery = (filter: Filter<'catalog_list'>) =>
  pages(['office', 'products', filter], (page, signal) =>
    client.GET('/api/v1/products', { params: { query: { ...filter, ...page } }, signal }),
  );

export const usersQuery = (filter: Filter<'users_list'>) =>
  pages(['office', 'users', filter], (page, signal) =>
    client.GET('/api/v1/users', { params: { query: { ...filter, ...page } }, signal }),
  );

export const userQuery = (id: string) =>
  queryOptions({
    queryKey: ['office', 'users', 'one', id],
    queryFn: async ({ signal }) => {
      const { data } = await client.GET('/api/v1/users/{id}', { params: { path: { id } }, signal });
      return got(data);
    },
  });

const ofOrder = <T>(id: string, what: string, fetch: (signal: AbortSignal) => Promise<{ data?: Page<T> }>) =>
  queryOptions({
    queryKey: ['order', id, what],
    queryFn: async ({ signal }) => got((await fetch(signal)).data),
    refetchInterval: FOLLOWS_MS,
  });

/** As the shop has it, and what follows too. */
export const orderPaymentsQuery = (orderId: string) =>
  queryOptions({ ...paymentsOfOrderQuery(orderId), refetchInterval: FOLLOWS_MS });

export const movementsOfOrderQuery = (orderId: string) =>
  ofOrder(orderId, 'movements', (signal) =>
    client.GET('/api/v1/inventory/movements', { params: { query: { orderId, limit: ALL } }, signal }),
  );

export const notificationsOfOrderQuery = (orderId: string) =>
  ofOrder(orderId, 'notifications', (signal) =>
    client.GET('/api/v1/notifications', { params: { query: { orderId, limit: ALL } }, signal }),
  );

export const MESSAGING = ['orders', 'inventory', 'payments'] as const;

export const messagesOfOrderQuery = (orderId: string, module: (typeof MESSAGING)[number]) =>
  ofOrder(orderId, `messages of ${module}`, (signal) =>
    client.GET('/api/v1/events/{module}', {
      params: { path: { module }, query: { key: orderId, limit: ALL } },
      signal,
    }),
  );
