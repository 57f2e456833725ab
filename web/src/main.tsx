import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './page.css';
import { MantineProvider } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { resume, session } from './api/client';
import { OrderNews } from './components/OrderNews';
import { listen } from './live';
import { PRIVATE, queryClient, refetch } from './queries';
import { router } from './router';
import { strings } from './strings';
import { cssVariables, theme } from './theme';
import { toast } from './toast';

const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';
// Where what keeps the page still under a dialog (react-remove-scroll) looks for it.
Object.assign(window, { __webpack_nonce__: nonce });

/** What belongs to somebody is forgotten when it is somebody else, or nobody. */
let user = session.get();
session.subscribe(() => {
  const before = user;
  user = session.get();
  const idOf = (value: typeof user) => (typeof value === 'string' ? null : value.id);
  if (idOf(before) === idOf(user)) return;
  for (const key of PRIVATE) queryClient.removeQueries({ queryKey: [key] });
  notifications.clean();
});

const SETTLED_MS = 10_000;
const SOON_MS = 500;
const awaited = new Set<string>();

/** For what staff are told of many times a second when there is much to do: it is asked for again now and then. */
function soon(...keys: string[]): void {
  if (awaited.size === 0)
    window.setTimeout(() => {
      refetch(...awaited);
      awaited.clear();
    }, SOON_MS);
  for (const key of keys) awaited.add(key);
}

listen({
  onReady: () => refetch(...PRIVATE),
  onStock: () => soon('office'),
  onNotification: () => soon('notifications', 'order'),
  onOrder: (change) => {
    const me = session.get();
    if (typeof me === 'string') return;
    // Staff are told of everybody's.
    refetch(['order', change.orderId]);
    soon('office');
    if (change.userId !== me.id) return;
    refetch('orders');
    if (change.status === 'pending') return;
    // There orders are placed to see what becomes of them all.
    if (router.state.location.pathname === '/operations') return;
    // Whoever is at the checkout is told there, and what to do about it.
    if (change.status === 'failed' && router.state.location.pathname === '/checkout') return;
    toast({
      id: `${change.orderId}.${change.status}`,
      title: strings.orders.toast[change.status],
      message: <OrderNews change={change} />,
      color: change.status === 'failed' || change.status === 'cancelled' ? 'red' : 'teal',
      autoClose: 10_000,
    });
  },
});
/**
 * A page that was open while Waybill was updated asks for parts that are there no more: it is loaded anew. One that
 * has just been loaded is not, or it would be for ever.
 */
window.addEventListener('vite:preloadError', (event) => {
  if (performance.now() < SETTLED_MS) return;
  event.preventDefault();
  window.location.reload();
});
void resume();

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
