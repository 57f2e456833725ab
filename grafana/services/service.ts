import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, instanceVariable } from '../lib/dashboard.js';
import { SELECTED_INSTANCE } from '../lib/queries.js';
import { SERVICES, type Service } from '../lib/theme.js';
import { catalogPanels } from './catalog.js';
import { glance, type Own, resources, trouble } from './common.js';
import { http } from './http.js';
import { inventoryPanels } from './inventory.js';
import { messages } from './messages.js';
import { notificationPanels } from './notifications.js';
import { orderPanels } from './orders.js';
import { paymentPanels } from './payments.js';
import { userPanels } from './users.js';

/** What only this module measures. */
const SPECIAL: Readonly<Record<string, (own: Own) => Builder<Panel>[]>> = {
  'order-service': orderPanels,
  'inventory-service': inventoryPanels,
  'payment-service': paymentPanels,
  'user-service': userPanels,
  'notification-service': notificationPanels,
  'catalog-service': catalogPanels,
};

/** The dashboard of one service: the same sections for each, and one of its own. */
function serviceDashboard(service: Service): Dashboard {
  const is = `service="${service.name}"`;
  const own: Own = [is, SELECTED_INSTANCE];
  return dashboard({
    uid: `waybill-${service.name}`,
    title: `Service: ${service.title.toLowerCase()}`,
    description: `What ${service.name} does, how well, and what it waits for, in whatever processes it runs.`,
    variables: [instanceVariable(is)],
    sections: [
      glance(own),
      { title: service.title, panels: SPECIAL[service.name]?.(own) ?? [] },
      http(own),
      ...messages(service, own),
      resources(own, service.roles.includes('caches')),
      trouble(service.name),
    ],
  });
}

export const serviceDashboards = (): Dashboard[] => SERVICES.map(serviceDashboard);
