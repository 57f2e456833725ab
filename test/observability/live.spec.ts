import { globSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { anOrder } from '../builders/order.builder.js';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../folder.js';
import { type DashboardQuery, dashboardQueries, isForeign, runnable, seriesIn } from './grammars.js';
import { halfAMinuteOf } from './half-a-minute.js';
import { type Observed, startObserved } from './observed.js';
import { AlertInbox } from './alert-inbox.js';
import { OBSERVABILITY } from './programs.js';
import { type AlertmanagerConfig, redirectReceivers, TestAlertmanager } from './test-alertmanager.js';
import { hastenRules, TestPrometheus } from './test-prometheus.js';

/** Queries that have nothing to show after a half minute of a healthy system, each with its reason. */
const MAY_BE_EMPTY: readonly { query: RegExp; reason: string }[] = [
  {
    query: /nodejs_active_requests\b/,
    reason: 'requests to the system under way at the moment of the scrape',
  },
];

describe('a real Prometheus and a real Alertmanager beside a running system', () => {
  let waybill: Observed;
  let prometheus: TestPrometheus;
  let alertmanager: TestAlertmanager;
  let inbox: AlertInbox;
  let folder: string;

  beforeAll(async () => {
    waybill = await startObserved('a process each', { LOG_LEVEL: 'error', RESERVATION_SECONDS: '5' });
    folder = await temporaryFolder('rules');
    inbox = await AlertInbox.open();
    const production = parse(
      readFileSync(join(OBSERVABILITY, 'alertmanager/alertmanager.yml'), 'utf8'),
    ) as AlertmanagerConfig;
    alertmanager = await TestAlertmanager.start(redirectReceivers(production, inbox.url));
    const rules = globSync('prometheus/rules/*.yml', { cwd: OBSERVABILITY }).map((file) =>
      join(OBSERVABILITY, file),
    );
    prometheus = await TestPrometheus.start({
      scrape: { waybill: waybill.cluster.members.map(({ port }) => `127.0.0.1:${port}`) },
      ruleFiles: hastenRules(rules, folder, { wait: '2s', range: '10s' }),
      alertmanager: alertmanager.address,
    });
    await halfAMinuteOf(waybill);
  }, 180_000);

  afterAll(async () => {
    await prometheus?.stop();
    await alertmanager?.stop();
    await inbox?.close();
    await waybill?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('find every process, and no series without a service', async () => {
    // Scraped every second, by a machine that has much else to do: now and then one comes too late.
    await eventually(async () => {
      const targets = await prometheus.targets();
      expect(targets.map(({ health, lastError }) => [health, lastError])).toEqual(
        waybill.cluster.members.map(() => ['up', '']),
      );
    });
    const strays = await prometheus.query(
      'count by (__name__) ({job="waybill",service="",__name__!~"up|scrape_.*"})',
    );
    expect(strays).toEqual([]);
  });

  it('show data in every panel of every dashboard', async () => {
    const queries = dashboardQueries().filter(isOurs);
    expect(queries.length).toBeGreaterThan(200);
    let empty = queries
      // What is opened first looks at an hour; a rate over less than two scrapes is none.
      .map((query) => ({ panel: `${query.dashboard} / ${query.panel}`, expression: runnable(query) }))
      .filter(({ expression }) => !MAY_BE_EMPTY.some((each) => each.query.test(expression)));
    await eventually(async () => {
      const still: typeof empty = [];
      for (const each of empty) if ((await prometheus.query(each.expression)).length === 0) still.push(each);
      empty = still;
      expect(empty).toEqual([]);
    }, 30_000);
  });

  it('lead from a bucket of a histogram to a trace that was sent', async () => {
    const found = await prometheus.exemplars('http_request_duration_seconds_bucket{service="order-service"}');
    expect(found.length).toBeGreaterThan(0);
    await waybill.told();
    const sent = new Set(waybill.receiver.spans.map(({ traceId }) => traceId));
    for (const { labels } of found) expect(sent).toContain(labels['trace_id']);
  });

  it('tell of a gateway that fails, and of its recovery', async () => {
    // The half minute had a short failure of its own.
    await eventually(async () => {
      const active = (await prometheus.alerts()).filter(({ labels }) => labels['alertname'] === ALERT);
      const last = inbox.of(ALERT).at(-1)?.status ?? 'resolved';
      if (active.length > 0 || last !== 'resolved') throw new Error('the earlier alert is not over');
    }, 60_000);
    inbox.deliveries.length = 0;

    await waybill.gateway.fault({ kind: 'error', status: 503, on: 'all' });
    const token = await waybill.api.token('alice');
    const buy = () => waybill.api.post('/orders', anOrder().build(), { token });
    const heard = (status: string) =>
      eventually(async () => {
        await Promise.all([buy(), buy(), buy()]);
        const delivered = inbox.of(ALERT).filter((each) => each.status === status);
        if (delivered.length === 0) throw new Error(`no ${status} alert of the gateway yet`);
        return delivered[0];
      }, 60_000);

    const firing = await heard('firing');
    expect(firing).toMatchObject({
      labels: { severity: 'critical', team: 'payments', service: 'payment-service' },
    });
    expect(firing?.annotations['runbook_url']).toMatch(/payment-gateway-failing\.md$/);
    expect(firing?.annotations['description']).not.toBe('');

    await waybill.gateway.heal();
    await heard('resolved');
  }, 150_000);
});

const ALERT = 'PaymentGatewayFailing';

/** What this Waybill tells itself: not what exporters, Tempo and Prometheus add in production. */
function isOurs(query: DashboardQuery): boolean {
  return query.type === 'prometheus' && !seriesIn(runnable(query)).some(isForeign);
}
