/** What all dashboards share: the services and their colours, the data sources, what good and bad look like. */

/** What a module has to do with others: a dashboard shows no panel that could never have data. */
type Role = 'serves' | 'calls' | 'publishes' | 'consumes' | 'caches';

export interface Service {
  /** As the label `service` and the resource attribute `service.name` have it. */
  name: string;
  title: string;
  colour: string;
  roles: readonly Role[];
}

/** No red and no orange among the colours: those mean trouble. */
export const SERVICES: readonly Service[] = [
  {
    name: 'order-service',
    title: 'Orders',
    colour: '#5794f2',
    roles: ['serves', 'calls', 'publishes', 'consumes'],
  },
  {
    name: 'inventory-service',
    title: 'Inventory',
    colour: '#56a64b',
    roles: ['serves', 'calls', 'publishes', 'consumes', 'caches'],
  },
  {
    name: 'payment-service',
    title: 'Payments',
    colour: '#b877d9',
    roles: ['serves', 'calls', 'publishes', 'consumes'],
  },
  { name: 'user-service', title: 'Users', colour: '#f2cc0c', roles: ['serves', 'publishes', 'caches'] },
  { name: 'notification-service', title: 'Notifications', colour: '#37bdb1', roles: ['calls', 'consumes'] },
  { name: 'catalog-service', title: 'Catalog', colour: '#c8a2c8', roles: ['serves', 'caches'] },
];

/** The folder and the pages of what to do when something is wrong. */
export const RUNBOOKS = 'https://github.com/waybill-oms/waybill/blob/main/docs/runbooks';

/** The uids under which Grafana is given its data sources. */
export const SOURCES = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  loki: { type: 'loki', uid: 'loki' },
  tempo: { type: 'tempo', uid: 'tempo' },
} as const;

export type SourceType = keyof typeof SOURCES;

export const GOOD = 'green';
export const WARNING = 'orange';
export const BAD = 'red';

/** Colour by the beginning of a series' name. */
export type Palette = readonly { starts: string; colour: string }[];

export const BY_SERVICE: Palette = SERVICES.map(({ name, colour }) => ({ starts: name, colour }));

/** Outcomes, HTTP statuses and log levels. Refusals are nobody's fault, and still worth a look. */
export const BY_OUTCOME: Palette = [
  {
    starts: '(ok|confirmed|captured|sent|hit|success|valid|reserved|committed|delivered|info|2..)\\b',
    colour: GOOD,
  },
  {
    starts: '(refused|declined|out_of_stock|rejected|suppressed|miss|throttled|revoked|expired|warn|4..)\\b',
    colour: WARNING,
  },
  { starts: '(failed|failure|dead|unavailable|unknown|invalid|error|fatal|5..)\\b', colour: BAD },
];

/** Steps of a threshold: from each value on, its colour. */
export type Limits = readonly { value: number | null; colour: string }[];

/** Bad from `bad` upwards; of two numbers, the first is a warning. */
export function above(...values: [bad: number] | [warning: number, bad: number]): Limits {
  const bad = values[values.length - 1] as number;
  const warning = values.length === 2 ? [{ value: values[0], colour: WARNING }] : [];
  return [{ value: null, colour: GOOD }, ...warning, { value: bad, colour: BAD }];
}

/** Bad below `bad`; of two numbers, below the second is a warning. */
export function below(...values: [bad: number] | [bad: number, warning: number]): Limits {
  const good = { value: values[values.length - 1] as number, colour: GOOD };
  const warning = values.length === 2 ? [{ value: values[0], colour: WARNING }] : [];
  return [{ value: null, colour: BAD }, ...warning, good];
}
