import { startWaybill, type Waybill } from '../harness.js';
import { startSplit } from '../split.js';

export interface Placement {
  name: string;
  start: (env?: Record<string, string>) => Promise<Waybill>;
}

/** Where the modules may be. The workflow's tests run in each, and none of them knows which. */
export const PLACEMENTS: Placement[] = [
  { name: 'one process', start: startWaybill },
  { name: 'a process each', start: (env = {}) => startSplit({ env }) },
  {
    name: 'orders, inventory and catalog together',
    start: (env = {}) =>
      startSplit({
        layout: [
          ['orders', 'inventory', 'catalog'],
          ['payments', 'users', 'notifications'],
        ],
        env,
      }),
  },
  { name: 'two of each', start: (env = {}) => startSplit({ replicas: 2, env }) },
];
