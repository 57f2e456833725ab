import { createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { office } from './office/routes';
import { BasketPage } from './pages/BasketPage';
import { ProductPage } from './pages/ProductPage';
import { ProductsPage } from './pages/ProductsPage';
import { root } from './root-route';

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * Only a path of our own: a link to our login must not lead anywhere else afterwards. Said to be undefined rather than
 * left out, or else the router keeps what the address says.
 */
function next(search: Record<string, unknown>): { next?: string | undefined } {
  const path = text(search['next']);
  return { next: path && /^\/(?![/\\])/.test(path) ? path : undefined };
}

const products = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: (search: Record<string, unknown>): { q?: string | undefined } => ({ q: text(search['q']) }),
  component: function Products() {
    return <ProductsPage q={products.useSearch().q ?? ''} />;
  },
});

const product = createRoute({
  getParentRoute: () => root,
  path: '/products/$sku',
  component: function Product() {
    return <ProductPage sku={product.useParams().sku} />;
  },
});

const basket = createRoute({ getParentRoute: () => root, path: '/basket', component: BasketPage });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: next,
  component: lazyRouteComponent(() => import('./pages/AccountPages'), 'LoginPage'),
});

const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  validateSearch: next,
  component: lazyRouteComponent(() => import('./pages/AccountPages'), 'RegisterPage'),
});

const checkout = createRoute({
  getParentRoute: () => root,
  path: '/checkout',
  component: lazyRouteComponent(() => import('./pages/CheckoutPage'), 'CheckoutPage'),
});

const orders = createRoute({
  getParentRoute: () => root,
  path: '/orders',
  component: lazyRouteComponent(() => import('./pages/OrdersPage'), 'OrdersPage'),
});

const order = createRoute({
  getParentRoute: () => root,
  path: '/orders/$id',
  component: lazyRouteComponent(() => import('./pages/OrderPage'), 'OrderPage'),
});

const account = createRoute({
  getParentRoute: () => root,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/AccountPage'), 'AccountPage'),
});

const notifications = createRoute({
  getParentRoute: () => root,
  path: '/notifications',
  component: lazyRouteComponent(() => import('./pages/NotificationsPage'), 'NotificationsPage'),
});

const operations = createRoute({
  getParentRoute: () => root,
  path: '/operations',
  component: lazyRouteComponent(() => import('./operations/OperationsPage'), 'OperationsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    products,
    product,
    basket,
    login,
    register,
    checkout,
    orders,
    order,
    account,
    notifications,
    office,
    operations,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
