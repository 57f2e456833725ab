import { graph, stat } from '../lib/panel.js';
import { max, prom, series } from '../lib/queries.js';
import { table } from '../lib/tables.js';
import { above } from '../lib/theme.js';

const cpu = (node: readonly string[], metric: string) =>
  `max by (instance) (rate(${series(metric, ...node)}[$__rate_interval]))`;

/** What each process does with its core: by instance, since processes share services and services processes. */
export const processes = (node: readonly string[]) => [
  stat({
    title: 'Processes',
    description: 'Processes that host the chosen services.',
    unit: 'short',
    queries: [prom(`count(${max('instance', 'process_start_time_seconds', ...node)})`)],
  }),
  stat({
    title: 'Youngest',
    runbook: 'process-restarting',
    description: 'How long ago the last one started. Always young: something restarts again and again.',
    unit: 'dtdurations',
    queries: [prom(`time() - ${max('', 'process_start_time_seconds', ...node)}`)],
  }),
  stat({
    title: 'Memory in all',
    description: 'Resident memory of all processes, each counted once.',
    unit: 'bytes',
    queries: [prom(`sum(${max('instance', 'process_resident_memory_bytes', ...node)})`)],
  }),
  stat({
    title: 'CPU in all',
    description: 'Cores in use by all processes.',
    unit: 'none',
    decimals: 2,
    queries: [prom(`sum(${cpu(node, 'process_cpu_seconds_total')})`)],
  }),
  stat({
    title: 'Files in use',
    runbook: 'file-descriptors-high',
    description:
      'Open files and sockets, as a share of what the process may open. At 100 % connections are refused.',
    unit: 'percentunit',
    queries: [prom(`max(${series('process_open_fds', ...node)} / ${series('process_max_fds', ...node)})`)],
    limits: above(0.5, 0.8),
  }),
  stat({
    title: 'Event loop lag, p99',
    runbook: 'event-loop-lag-high',
    description: 'Of the worst process. Above 100 ms something blocks it.',
    unit: 's',
    queries: [prom(max('', 'nodejs_eventloop_lag_p99_seconds', ...node))],
    limits: above(0.1, 0.25),
  }),
  graph({
    title: 'CPU',
    description:
      '100 % is one core, and all that JavaScript can use; a little more is garbage collection and TLS.',
    unit: 'percentunit',
    queries: [prom(cpu(node, 'process_cpu_seconds_total'), '{{instance}}')],
    limits: above(0.9),
  }),
  graph({
    title: 'CPU, own and the kernel’s',
    description: 'Much system time: many small packets or files.',
    unit: 'percentunit',
    queries: [
      prom(cpu(node, 'process_cpu_user_seconds_total'), '{{instance}} user'),
      prom(cpu(node, 'process_cpu_system_seconds_total'), '{{instance}} system'),
    ],
  }),
  graph({
    title: 'Event loop lag, p99',
    runbook: 'event-loop-lag-high',
    description:
      'How long work waits for its turn. Above 100 ms something blocks, and every request feels it.',
    unit: 's',
    queries: [prom(max('instance', 'nodejs_eventloop_lag_p99_seconds', ...node), '{{instance}}')],
    limits: above(0.1, 0.25),
  }),
  graph({
    title: 'Event loop lag, spread',
    description:
      'The worst of the processes. Mean and p50 rise under load; only max rising means one long block.',
    unit: 's',
    queries: ['min', 'mean', 'stddev', 'p50', 'p90', 'max']
      .map((which) => prom(max('', `nodejs_eventloop_lag_${which}_seconds`, ...node), which))
      .concat(prom(max('', 'nodejs_eventloop_lag_seconds', ...node), 'at the scrape')),
  }),
  graph({
    title: 'Handles, requests, resources',
    description:
      'Sockets, timers, servers and what is under way. A line that only rises: something is never closed.',
    unit: 'short',
    queries: ['handles', 'requests', 'resources'].map((what) =>
      prom(max('instance', `nodejs_active_${what}_total`, ...node), `{{instance}} ${what}`),
    ),
  }),
  graph({
    title: 'Resources by type',
    description: 'What keeps the event loop alive, the largest of the processes.',
    unit: 'short',
    queries: [
      prom(max('type', 'nodejs_active_resources', ...node), '{{type}}'),
      prom(max('type', 'nodejs_active_handles', ...node), '{{type}} (handle)'),
      prom(max('type', 'nodejs_active_requests', ...node), '{{type}} (request)'),
    ],
  }),
  table({
    title: 'Versions and start',
    description: 'Node and start of each process. Two versions for long: a rollout stopped half-way.',
    height: 6,
    // An info metric: its value is always 1, what it tells is its labels.
    without: ['Value #A'],
    columns: [
      { name: 'Node', expr: max('instance, version', 'nodejs_version_info', ...node), unit: 'none' },
      {
        name: 'Started',
        expr: `${max('instance', 'process_start_time_seconds', ...node)} * 1000`,
        unit: 'dateTimeFromNow',
      },
    ],
  }),
];
