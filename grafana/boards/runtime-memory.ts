import { graph } from '../lib/panel.js';
import { max, prom, series } from '../lib/queries.js';
import { above } from '../lib/theme.js';

/** Time in garbage collection, or how often: each process tells it once for each of its services. */
const collections = (node: readonly string[], what: 'sum' | 'count', by: string) =>
  `max by (${by}) (rate(${series(`nodejs_gc_duration_seconds_${what}`, ...node)}[$__rate_interval]))`;

export const memory = (node: readonly string[]) => [
  graph({
    title: 'Resident memory',
    description: 'What the machine gives the process. A line that only rises for hours is a leak.',
    unit: 'bytes',
    queries: [prom(max('instance', 'process_resident_memory_bytes', ...node), '{{instance}}')],
  }),
  graph({
    title: 'Heap in use',
    description: 'JavaScript objects. Near the total for long: the process collects garbage all the time.',
    unit: 'bytes',
    queries: [
      prom(max('instance', 'nodejs_heap_size_used_bytes', ...node), '{{instance}} used'),
      prom(max('instance', 'nodejs_heap_size_total_bytes', ...node), '{{instance}} total'),
    ],
  }),
  graph({
    title: 'Outside the heap',
    description: 'Buffers and the like, and the address space of the process on Linux.',
    unit: 'bytes',
    queries: [
      prom(max('instance', 'nodejs_external_memory_bytes', ...node), '{{instance}} external'),
      prom(max('instance', 'process_heap_bytes', ...node), '{{instance}} data segment'),
      prom(max('instance', 'process_virtual_memory_bytes', ...node), '{{instance}} virtual'),
    ],
  }),
  graph({
    title: 'Heap by space',
    description:
      'Used, the largest of the processes. old_space is what stays; new_space what is short-lived.',
    unit: 'bytes',
    queries: [
      prom(max('space', 'nodejs_heap_space_size_used_bytes', ...node), '{{space}}'),
      prom(`sum(${max('space', 'nodejs_heap_space_size_available_bytes', ...node)})`, 'available'),
      prom(`sum(${max('space', 'nodejs_heap_space_size_total_bytes', ...node)})`, 'total'),
    ],
  }),
  graph({
    title: 'Time in garbage collection',
    description: 'Share of a core, by kind. Above 10 % memory is short.',
    unit: 'percentunit',
    queries: [prom(collections(node, 'sum', 'instance, kind'), '{{instance}} {{kind}}')],
    limits: above(0.1),
  }),
  graph({
    title: 'Collections, and the longest',
    description:
      'Collections a second, and how long 99 of 100 take at most. A long major one stops everything.',
    unit: 'ops',
    units: { 'p99 minor': 's', 'p99 major': 's', 'p99 incremental': 's', 'p99 weakcb': 's' },
    queries: [
      prom(`sum by (kind) (${collections(node, 'count', 'instance, kind')})`, '{{kind}}'),
      prom(
        `histogram_quantile(0.99, max by (le, kind) (rate(${series('nodejs_gc_duration_seconds_bucket', ...node)}[$__rate_interval])))`,
        'p99 {{kind}}',
      ),
    ],
  }),
];
