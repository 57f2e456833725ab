import { graph } from '../lib/panel.js';
import { max, prom } from '../lib/queries.js';
import { above, below } from '../lib/theme.js';

const QUEUES = 'queue=~"waybill[.].*"';
/** The broker tells each queue once, and more than once where two exporters look at it. */
const queue = (metric: string, ...matchers: string[]) => max('queue', metric, QUEUES, ...matchers);

/** As RabbitMQ's exporter tells it; its own plugin, asked for each queue, has the same names. */
export const broker = [
  graph({
    title: 'Messages ready by queue',
    runbook: 'queue-growing',
    description: 'Waiting for a consumer. A queue that grows has consumers that are away or too slow.',
    unit: 'short',
    queries: [prom(`${queue('rabbitmq_queue_messages_ready')} > 0`, '{{queue}}')],
    limits: above(1000),
  }),
  graph({
    title: 'Messages in hand by queue',
    description:
      'Delivered and not yet acknowledged. At 100 by consumer it takes no more until it has finished some.',
    unit: 'short',
    queries: [
      prom(`${queue('rabbitmq_queue_messages')} - ${queue('rabbitmq_queue_messages_ready')}`, '{{queue}}'),
    ],
  }),
  graph({
    title: 'Consumers by queue',
    runbook: 'queue-without-consumers',
    description: 'Of calls and events. None on a queue: no process hosts the module.',
    unit: 'short',
    queries: [
      prom(queue('rabbitmq_queue_consumers', 'queue!~".*[.]dead|waybill[.]delay[.].*"'), '{{queue}}'),
    ],
    limits: below(1),
  }),
  graph({
    title: 'Messages in dead letter queues',
    runbook: 'dead-letters',
    description: 'What the services gave up, as the broker has it.',
    unit: 'short',
    queries: [prom(queue('rabbitmq_queue_messages', 'queue=~".*[.]dead"'), '{{queue}}')],
    limits: above(1),
  }),
  graph({
    title: 'Waiting for another attempt',
    description:
      'Deliveries that failed and wait, by how long they wait. More and longer: something is away.',
    unit: 'short',
    queries: [prom(queue('rabbitmq_queue_messages', 'queue=~"waybill[.]delay[.].*"'), '{{queue}}')],
  }),
  graph({
    title: 'Connections and channels',
    description: 'Of all clients. A sawtooth: processes lose the broker and come back.',
    unit: 'short',
    queries: [
      prom(max('', 'rabbitmq_connections'), 'connections'),
      prom(max('', 'rabbitmq_channels'), 'channels'),
    ],
  }),
];
