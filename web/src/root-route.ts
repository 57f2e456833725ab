import { createRootRoute } from '@tanstack/react-router';
import { Layout } from './components/Layout';
import { NotFound } from './components/states';

/** Above all pages, also those that bring routes of their own. */
export const root = createRootRoute({ component: Layout, notFoundComponent: NotFound });
