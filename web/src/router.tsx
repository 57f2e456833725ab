import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Navigate,
} from '@tanstack/react-router';
import { Layout } from './components/Layout';
import { Broken, NotFound } from './components/states';
import { orderFilter, paymentFilter, stockFilter } from './office/search';
import { BasketPage } from './pages/BasketPage';
import { ProductPage } from './pages/ProductPage';
import { ProductsPage } from './pages/ProductsPage';

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * Only a path of our own: a link to our login must not lead anywhere else afterwards. Said to be undefined rather than
 * left out, or else the router keeps what the address says.
 */
function next(search: Record<string, unknown>): { next?: string | undefined } {
  const path = text(search['next']);
  return { next: path && /^\/(?![/\\])/.test(path) ? path : undefined };
}

function query(search: Record<string, unknown>): { q?: string | undefined } {
  return { q: text(search['q']) };
}

const root = createRootRoute({ component: Layout, notFoundComponent: NotFound });

const products = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: query,
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
  component: lazyRouteComponent(() => import('./pages/LoginPages'), 'LoginPage'),
});

const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  validateSearch: next,
  component: lazyRouteComponent(() => import('./pages/LoginPages'), 'RegisterPage'),
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

const office = createRoute({
  getParentRoute: () => root,
  path: '/office',
  component: lazyRouteComponent(() => import('./office/Office'), 'Office'),
});

const officeStart = createRoute({
  getParentRoute: () => office,
  path: '/',
  component: () => <Navigate to="/office/orders" search={{}} replace />,
});

const officeOrders = createRoute({
  getParentRoute: () => office,
  path: 'orders',
  validateSearch: orderFilter,
  component: lazyRouteComponent(() => import('./office/OrdersPage'), 'OrdersPage'),
});

const officeOrder = createRoute({
  getParentRoute: () => office,
  path: 'orders/$id',
  component: lazyRouteComponent(() => import('./office/OrderPage'), 'OrderPage'),
});

const officeStock = createRoute({
  getParentRoute: () => office,
  path: 'stock',
  validateSearch: stockFilter,
  component: lazyRouteComponent(() => import('./office/StockPage'), 'StockPage'),
});

const officeStockItem = createRoute({
  getParentRoute: () => office,
  path: 'stock/$sku',
  component: lazyRouteComponent(() => import('./office/StockItemPage'), 'StockItemPage'),
});

const officePayments = createRoute({
  getParentRoute: () => office,
  path: 'payments',
  validateSearch: paymentFilter,
  component: lazyRouteComponent(() => import('./office/PaymentPages'), 'PaymentsPage'),
});

const officePayment = createRoute({
  getParentRoute: () => office,
  path: 'payments/$id',
  component: lazyRouteComponent(() => import('./office/PaymentPages'), 'PaymentPage'),
});

const officeProducts = createRoute({
  getParentRoute: () => office,
  path: 'products',
  validateSearch: query,
  component: lazyRouteComponent(() => import('./office/ProductsPage'), 'ProductsPage'),
});

const officeUsers = createRoute({
  getParentRoute: () => office,
  path: 'users',
  validateSearch: query,
  component: lazyRouteComponent(() => import('./office/UsersPage'), 'UsersPage'),
});

const officePages = office.addChildren([
  officeStart,
  officeOrders,
  officeOrder,
  officeStock,
  officeStockItem,
  officePayments,
  officePayment,
  officeProducts,
  officeUsers,
]);

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
    officePages,
    operations,
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
