import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query';
import { client, isStaff, session } from './api/client';
import { Problem } from './api/problem';
import type { components } from './api/schema';

export type Product = components['schemas']['Product'];
export type Payment = components['schemas']['Payment'];
export type Order = components['schemas']['Order'];

/** First words of the keys of what belongs to somebody. */
export const PRIVATE = ['orders', 'order', 'notifications', 'preferences', 'sessions', 'office'];

/** What a customer sees of the stock is asked for again as long as it is looked at: its events are for staff. */
const AVAILABILITY_MS = 5000;

export const queryClient = new QueryClient({
  defaultOptions: {
    // Without a network people are told so at once, rather than kept waiting.
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => navigator.onLine && Problem.of(error).isPassing && failures < 3,
      networkMode: 'always',
      refetchOnReconnect: true,
    },
    mutations: { networkMode: 'always' },
  },
});

/** Asks again for what begins with these words, where it is shown. */
export function refetch(...keys: (string | string[])[]): void {
  for (const key of keys) void queryClient.invalidateQueries({ queryKey: [key].flat() });
}

export const productsQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ['products', q],
    queryFn: async ({ pageParam, signal }) => {
      // Staff would get what is not for sale as well.
      const active = 'true' as const;
      const query = { limit: 24, active, ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) };
      const { data } = await client.GET('/api/v1/products', { params: { query }, signal });
      return got(data);
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  });

export const productQuery = (sku: string) =>
  queryOptions({
    queryKey: ['product', sku],
    queryFn: async ({ signal }) => {
      const { data } = await client.GET('/api/v1/products/{sku}', { params: { path: { sku } }, signal });
      return got(data);
    },
  });

export const availabilityQuery = (sku: string) =>
  queryOptions({
    queryKey: ['availability', sku],
    queryFn: async ({ signal }) => {
      try {
        const { data } = await client.GET('/api/v1/inventory/{sku}', { params: { path: { sku } }, signal });
        return got(data).available;
      } catch (error) {
        // No stock of it is kept.
        if (Problem.of(error).status === 404) return 0;
        throw error;
      }
    },
    staleTime: 0,
    refetchInterval: AVAILABILITY_MS,
  });

export const ordersQuery = () =>
  infiniteQueryOptions({
    queryKey: ['orders'],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: 20, ...ownOnly(), ...(pageParam ? { cursor: pageParam } : {}) };
      const { data } = await client.GET('/api/v1/orders', { params: { query }, signal });
      return got(data);
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

export const orderQuery = (id: string) =>
  queryOptions({
    queryKey: ['order', id],
    queryFn: async ({ signal }) => {
      const { data } = await client.GET('/api/v1/orders/{id}', { params: { path: { id } }, signal });
      return got(data);
    },
    // Money that is on its way back is told by no event of the order's.
    refetchInterval: ({ state }) => (isOwed(state.data) ? OWED_MS : false),
  });

const OWED_MS = 2000;

function isOwed(order: Order | undefined): boolean {
  return order?.status === 'cancelled' && order.payment?.status === 'captured';
}

export const paymentsOfOrderQuery = (orderId: string) =>
  queryOptions({
    queryKey: ['order', orderId, 'payments'],
    queryFn: async ({ signal }) => {
      const params = { path: { orderId }, query: { limit: 100 } };
      const { data } = await client.GET('/api/v1/payments/order/{orderId}', { params, signal });
      return got(data).data;
    },
  });

export const notificationsQuery = () =>
  infiniteQueryOptions({
    queryKey: ['notifications'],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: 20, ...ownOnly(), ...(pageParam ? { cursor: pageParam } : {}) };
      const { data } = await client.GET('/api/v1/notifications', { params: { query }, signal });
      return got(data);
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

export const preferencesQuery = () =>
  queryOptions({
    queryKey: ['preferences'],
    queryFn: async ({ signal }) =>
      got((await client.GET('/api/v1/notifications/preferences', { signal })).data),
  });

export const sessionsQuery = () =>
  queryOptions({
    queryKey: ['sessions'],
    queryFn: async ({ signal }) => {
      const params = { query: { limit: 100 } };
      return got((await client.GET('/api/v1/users/me/sessions', { params, signal })).data).data;
    },
  });

export const historyQuery = (id: string) =>
  queryOptions({
    queryKey: ['order', id, 'history'],
    queryFn: async ({ signal }) => {
      const params = { path: { id }, query: { limit: 100 } };
      const { data } = await client.GET('/api/v1/orders/{id}/history', { params, signal });
      return got(data).data;
    },
  });

/** Staff would get everybody's. */
function ownOnly(): { userId?: string } {
  const user = session.get();
  return typeof user === 'object' && isStaff(user) ? { userId: user.id } : {};
}

/** Whatever is not as it should be was thrown by the client. */
export function got<T>(data: T | undefined): T {
  if (data === undefined) throw new Problem({});
  return data;
}
