import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { root } from '../root-route';
import { strings } from '../strings';

type Search = Record<string, unknown>;

/** Left-out values are said to be undefined, or else the router keeps what the address says. */
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const oneOf = <T extends string>(values: readonly T[], value: unknown) =>
  values.find((each) => each === value);

/** A day as the browser's own field gives it. */
const day = (value: unknown) => {
  const given = text(value);
  const isDay = given !== undefined && /^\d{4}-\d\d-\d\d$/.test(given) && !Number.isNaN(Date.parse(given));
  return isDay ? given : undefined;
};
const optional = <T>(read: (search: Search) => T) => read as (search: Search) => Partial<T>;

const keysOf = <T extends object>(texts: T) => Object.keys(texts) as (keyof T & string)[];
export const ORDER_STATUSES = keysOf(strings.orders.status);
export const PAYMENT_STATUSES = keysOf(strings.orders.payments);

const layout = createRoute({
  getParentRoute: () => root,
  path: '/office',
  component: lazyRouteComponent(() => import('./OfficeLayout'), 'OfficeLayout'),
});

const start = createRoute({
  getParentRoute: () => layout,
  path: '/',
  beforeLoad: () => redirect({ to: '/office/orders', search: {}, replace: true, throw: true }),
});

const orders = createRoute({
  getParentRoute: () => layout,
  path: 'orders',
  validateSearch: optional((search) => ({
    q: text(search['q']),
    user: text(search['user']),
    status: oneOf(ORDER_STATUSES, search['status']),
    from: day(search['from']),
    to: day(search['to']),
    sort: oneOf(['createdAt'], search['sort']),
  })),
  component: lazyRouteComponent(() => import('./OrdersPage'), 'OrdersPage'),
});

const order = createRoute({
  getParentRoute: () => layout,
  path: 'orders/$id',
  component: lazyRouteComponent(() => import('./OrderPage'), 'OrderPage'),
});

const stock = createRoute({
  getParentRoute: () => layout,
  path: 'stock',
  validateSearch: optional((search) => ({
    q: text(search['q']),
    warehouse: text(search['warehouse']),
    low: search['low'] === true ? true : undefined,
  })),
  component: lazyRouteComponent(() => import('./StockPages'), 'StockListPage'),
});

const stockOf = createRoute({
  getParentRoute: () => layout,
  path: 'stock/$sku',
  component: lazyRouteComponent(() => import('./StockPages'), 'StockPage'),
});

const payments = createRoute({
  getParentRoute: () => layout,
  path: 'payments',
  validateSearch: optional((search) => ({
    status: oneOf(PAYMENT_STATUSES, search['status']),
    order: text(search['order']),
    from: day(search['from']),
    to: day(search['to']),
  })),
  component: lazyRouteComponent(() => import('./PaymentPages'), 'PaymentsPage'),
});

const payment = createRoute({
  getParentRoute: () => layout,
  path: 'payments/$id',
  component: lazyRouteComponent(() => import('./PaymentPages'), 'PaymentPage'),
});

const products = createRoute({
  getParentRoute: () => layout,
  path: 'products',
  validateSearch: optional((search) => ({
    q: text(search['q']),
    active: typeof search['active'] === 'boolean' ? search['active'] : undefined,
  })),
  component: lazyRouteComponent(() => import('./ProductPages'), 'ProductListPage'),
});

const newProduct = createRoute({
  getParentRoute: () => layout,
  path: 'products/new',
  component: lazyRouteComponent(() => import('./ProductPages'), 'NewProductPage'),
});

const product = createRoute({
  getParentRoute: () => layout,
  path: 'products/$sku',
  component: lazyRouteComponent(() => import('./ProductPages'), 'EditProductPage'),
});

const users = createRoute({
  getParentRoute: () => layout,
  path: 'users',
  validateSearch: optional((search) => ({ q: text(search['q']) })),
  component: lazyRouteComponent(() => import('./UserPages'), 'UsersPage'),
});

const user = createRoute({
  getParentRoute: () => layout,
  path: 'users/$id',
  component: lazyRouteComponent(() => import('./UserPages'), 'UserPage'),
});

/** The pages of staff. None of them is loaded before somebody goes there. */
export const office = layout.addChildren([
  start,
  orders,
  order,
  stock,
  stockOf,
  payments,
  payment,
  products,
  newProduct,
  product,
  users,
  user,
]);
