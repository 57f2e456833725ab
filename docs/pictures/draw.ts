import { globSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRabbitMq } from '../../lab/services/rabbitmq.js';
import { anOrder } from '../../test/builders/order.builder.js';
import { deliver, PLENTY } from '../../test/chaos/shop.js';
import { temporaryFolder } from '../../test/folder.js';
import { type Observed, startObserved } from '../../test/observability/observed.js';
import type { ReceivedSpan } from '../../test/observability/otlp-receiver.js';
import { OBSERVABILITY } from '../../test/observability/programs.js';
import { hastenRules, type Series, TestPrometheus } from '../../test/observability/test-prometheus.js';
import { type Line, lineChart } from './line-chart.js';
import { timeline } from './timeline.js';
import { waterfall } from './waterfall.js';

/** Seconds: a quiet minute, two minutes in which the gateway answers 503, and a minute and a half after. */
const BEFORE = 60;
const OUTAGE = 120;
const AFTER = 90;
const ORDERS_PER_SECOND = 5;
const ERROR_RATIO =
  '(sum by (service) (rate(http_requests_total{status=~"5.."}[20s])) or sum by (service) (rate(http_requests_total[20s])) * 0) / sum by (service) (rate(http_requests_total[20s]))';
const ALERTS =
  'max by (alertname) (ALERTS{alertstate="firing",alertname!~"Watchdog|TargetMissing|StockLow"})';

/**
 * Draws the pictures of docs/observability.md from what a real Prometheus and the real spans say of a real outage:
 * `npm run pictures`, five minutes.
 */
async function main(): Promise<void> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const folder = await temporaryFolder('pictures');
  const broker = await startRabbitMq({ folder });
  const waybill = await startObserved('a process each', { LOG_LEVEL: 'info', RABBITMQ_URL: broker.url });
  const rules = globSync('prometheus/rules/*.yml', { cwd: OBSERVABILITY }).map((file) =>
    join(OBSERVABILITY, file),
  );
  const prometheus = await TestPrometheus.start({
    scrape: { waybill: waybill.cluster.members.map(({ port }) => `127.0.0.1:${port}`) },
    ruleFiles: hastenRules(rules, folder, { wait: '15s', range: '30s' }),
    interval: '2s',
  });
  try {
    await deliver(waybill.url, PLENTY, 10_000);
    const begin = Date.now() / 1000;
    say(`A quiet minute, then ${OUTAGE} s without a gateway, then ${AFTER} s of recovery …`);
    const failed = await play(waybill);
    await waybill.told();
    const draw = async (name: string, title: string, unit: string, expression: string, legend: string) => {
      const seconds = BEFORE + OUTAGE + AFTER;
      const series = await prometheus.queryRange(expression, begin, begin + seconds, 2);
      const lines = series
        .map((each) => lineOf(each, begin, legend))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const shaded = { from: BEFORE, to: BEFORE + OUTAGE, name: 'the gateway answers 503' };
      writeFileSync(join(__dirname, `${name}.svg`), lineChart({ title, unit, seconds, lines, shaded }));
      say(`docs/pictures/${name}.svg`);
    };
    const rate = '[20s]';
    await draw('error-ratio', 'Error ratio by service', '%', ERROR_RATIO, 'service');
    await draw(
      'calls',
      'Calls by order-service that did not succeed, per second',
      '',
      `sum by (method) (rate(rpc_client_duration_seconds_count{service="order-service",outcome!="ok"}${rate}))`,
      'method',
    );
    await draw(
      'breaker',
      'Circuit breakers of payment-service (2 is open)',
      '',
      'max by (target) (circuit_breaker_state{service="payment-service"})',
      'target',
    );
    await draw(
      'payments',
      'Outcomes of payments, per second',
      '',
      `sum by (status) (rate(payments_processed_total${rate}))`,
      'status',
    );
    const firing = await prometheus.queryRange(ALERTS, begin, begin + BEFORE + OUTAGE + AFTER, 2);
    const rows = firing.map((each) => ({
      name: each.metric['alertname'] ?? '',
      times: each.values.map(([time]) => time - begin),
    }));
    const shaded = { from: BEFORE, to: BEFORE + OUTAGE, name: 'the gateway answers 503' };
    const title = 'Alerts that fire (with waits shortened to 15 s)';
    writeFileSync(
      join(__dirname, 'alerts.svg'),
      timeline({ title, seconds: BEFORE + OUTAGE + AFTER, rows, shaded }),
    );
    say('docs/pictures/alerts.svg');
    const spans = waybill.receiver.spans.filter(({ traceId }) => traceId === failed);
    writeFileSync(
      join(__dirname, 'failed-order.svg'),
      waterfall(
        'The trace of an order during the outage, without its events and statements',
        requestOf(spans),
      ),
    );
    say(`docs/pictures/failed-order.svg (trace ${failed})`);
    for (const line of waybill.lines.filter((each) => each.includes(failed))) say(line);
  } finally {
    await prometheus.stop();
    await waybill.stop();
    await broker.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Places orders all the while. Gives the trace of one that failed early in the outage. */
async function play({ api, gateway }: Observed): Promise<string> {
  const token = await api.token('alice');
  const started = performance.now();
  let failed = '';
  let broken = false;
  const orders: Promise<void>[] = [];
  for (let number = 0; ; number++) {
    const at = number / ORDERS_PER_SECOND;
    if (at > BEFORE + OUTAGE + AFTER) break;
    await sleep(Math.max(0, started + at * 1000 - performance.now()));
    if (!broken && at >= BEFORE) {
      broken = true;
      await gateway.fault({ kind: 'error', status: 503, on: 'all', forSeconds: OUTAGE });
    }
    const order = anOrder()
      .withLine(PLENTY[number % PLENTY.length] ?? 'MUG-001')
      .build();
    orders.push(
      api.post<{ traceId?: string }>('/orders', order, { token }).then(({ status, body }) => {
        if (status === 503 && body.traceId) failed ||= body.traceId;
      }),
    );
    if (number % 3 === 0) orders.push(api.get('/products?limit=3').then(() => undefined));
  }
  await Promise.all(orders);
  return failed;
}

/** The request itself: its calls, and not what it set off, nor the statements of each module. */
function requestOf(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const children = Map.groupBy(spans, ({ parentSpanId }) => parentSpanId);
  const below = (span: ReceivedSpan): ReceivedSpan[] => [
    span,
    ...(children.get(span.spanId) ?? [])
      .filter(({ kind, name }) => kind !== 'producer' && !name.startsWith('pg.query'))
      .flatMap(below),
  ];
  return spans.filter(({ name }) => name === 'POST /api/v1/orders').flatMap(below);
}

function lineOf({ metric, values }: Series, begin: number, legend: string): Line {
  const points = values
    .filter(([, value]) => Number.isFinite(value))
    .map(([time, value]) => [time - begin, value] as const);
  return { name: metric[legend] ?? '', points };
}

void main();
