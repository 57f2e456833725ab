import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { logsDashboard } from './boards/logs.js';
import { messaging } from './boards/messaging.js';
import { orders } from './boards/orders.js';
import { overview } from './boards/overview.js';
import { runtime } from './boards/runtime.js';
import { serviceMapDashboard } from './boards/service-map.js';
import { serviceDashboards } from './services/service.js';

const all = (): Dashboard[] => [
  overview(),
  orders(),
  messaging(),
  runtime(),
  logsDashboard(),
  serviceMapDashboard(),
  ...serviceDashboards(),
];

/** Every dashboard as its file has it, by the name of the file. The same sources make the same bytes. */
export function dashboardFiles(): Map<string, string> {
  return new Map(all().map((each) => [`${each.uid}.json`, `${JSON.stringify(each, withoutMenu, 2)}\n`]));
}

/** The SDK puts links and annotations into a menu of their own, where nobody finds them. */
function withoutMenu(key: string, value: unknown): unknown {
  return key === 'placement' && value === 'inControlsMenu' ? undefined : value;
}
