import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { dashboardFiles } from '../../grafana/dashboards.js';
import { RUNBOOKS, SERVICES } from '../../grafana/lib/theme.js';
import { MODULE_NAMES, MODULES } from '../../src/modules.js';
import {
  builtDashboards,
  type DashboardJson,
  dashboardQueries,
  isForeign,
  isRecorded,
  metricOf,
  metricsUsed,
  type PanelJson,
  parse,
  parseLogql,
  parsePromql,
  seriesIn,
} from './grammars.js';

const ROOT = join(__dirname, '../..');
const RULES = join(ROOT, 'deploy/compose/observability/prometheus/rules');
const PROVISIONING = join(ROOT, 'deploy/compose/observability/grafana/provisioning');
const read = (path: string) => readFileSync(path, 'utf8');

const dashboards = [...builtDashboards().values()];
const uids = dashboards.map(({ uid }) => uid);
/** Rows are headings. */
const panelsOf = ({ panels }: DashboardJson) => panels.filter(({ type }) => type !== 'row');
const everyPanel = dashboards.flatMap((dashboard) =>
  panelsOf(dashboard).map((panel) => ({ panel, where: `${dashboard.uid}: ${panel.title}` })),
);
/** Where `fault` answers true. */
const guilty = (fault: (panel: PanelJson) => boolean) =>
  everyPanel.filter(({ panel }) => fault(panel)).map(({ where }) => where);

interface DataSources {
  datasources: {
    uid: string;
    jsonData: {
      derivedFields?: { datasourceUid?: string; url: string; matcherRegex: string }[];
      exemplarTraceIdDestinations?: { datasourceUid: string }[];
      tracesToLogsV2?: { datasourceUid: string; query: string };
      tracesToMetrics?: { datasourceUid: string; queries: { name: string; query: string }[] };
      serviceMap?: { datasourceUid: string };
      alertmanagerUid?: string;
    };
  }[];
}
const { datasources } = parseYaml(read(join(PROVISIONING, 'datasources/waybill.yaml'))) as DataSources;
const sourceUids = datasources.map(({ uid }) => uid);
const source = (uid: string) => datasources.find((each) => each.uid === uid)?.jsonData ?? {};

/** The names in the first column of the tables of docs/metrics.md. */
function documented(): Set<string> {
  const path = join(ROOT, 'docs/metrics.md');
  const text = existsSync(path) ? read(path) : '';
  return new Set([...text.matchAll(/^\| `([a-z]+_[a-z0-9_]+)/gm)].map(([, name]) => name ?? ''));
}

/** What is wrong, or that nothing is. */
function complaint(check: () => void): string {
  try {
    check();
    return 'fine';
  } catch (error) {
    return (error as Error).message;
  }
}

/** All rules of Prometheus, as text. */
const rules = () =>
  globSync('*.yml', { cwd: RULES })
    .map((file) => read(join(RULES, file)))
    .join('\n');

/** Addresses of dashboards of ours, of any service where the service is filled in by a click. */
function dashboardsIn(text: string): string[] {
  return [...text.matchAll(/\/d\/([\w.${}-]+)/g)].flatMap(([, uid = '']) =>
    SERVICES.map(({ name }) => uid.replace('${__field.labels.service}', name)),
  );
}

describe('the dashboards', () => {
  it('are committed as their sources make them', () => {
    const fresh = dashboardFiles();
    expect([...builtDashboards().keys()]).toEqual([...fresh.keys()].toSorted());
    const stale = [...fresh].filter(([file, text]) => read(join(ROOT, 'grafana/dashboards', file)) !== text);
    // Mended by: npm run dashboards
    expect(stale.map(([file]) => file)).toEqual([]);
  });

  it('are one for each service, by the name that it has in src/modules.ts, and six more', () => {
    const services = MODULE_NAMES.map((name) => MODULES[name].service);
    expect(SERVICES.map(({ name }) => name).toSorted()).toEqual(services.toSorted());
    expect(uids).toEqual(expect.arrayContaining(services.map((name) => `waybill-${name}`)));
    expect(uids).toHaveLength(12);
  });

  it('have uids of their own, which are their files’ names', () => {
    expect(new Set(uids).size).toBe(uids.length);
    expect([...builtDashboards()].map(([file, { uid }]) => [file, `${uid}.json`])).toEqual(
      [...builtDashboards().keys()].map((file) => [file, file]),
    );
  });

  it('have panels with ids of their own', () => {
    for (const { panels } of dashboards) expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it.each(dashboards.map((each) => [each.uid, each] as const))(
    'have no two panels in one place: %s',
    (_uid, { panels }) => {
      const taken = new Map<string, string>();
      for (const { title, gridPos } of panels) {
        const { x, y, w, h } = gridPos;
        expect([title, x >= 0 && x + w <= 24 && w > 0 && h > 0]).toEqual([title, true]);
        for (let column = x; column < x + w; column += 1) {
          for (let line = y; line < y + h; line += 1) {
            expect([title, taken.get(`${column} ${line}`)]).toEqual([title, undefined]);
            taken.set(`${column} ${line}`, title);
          }
        }
      }
    },
  );

  it('say of every panel what it means', () => {
    expect(guilty(({ title, description = '' }) => !title || description.length < 25)).toEqual([]);
  });

  it('have a unit wherever there are numbers', () => {
    const numberless = ['logs', 'nodeGraph'];
    const asksTempo = (panel: PanelJson) => panel.datasource?.uid === 'tempo';
    const lacks = (panel: PanelJson) => !panel.fieldConfig?.defaults?.unit;
    expect(guilty((panel) => !numberless.includes(panel.type) && !asksTempo(panel) && lacks(panel))).toEqual(
      [],
    );
  });

  it('have no panel without a query', () => {
    expect(guilty(({ targets = [] }) => targets.length === 0)).toEqual([]);
  });

  it('show exemplars wherever a histogram is drawn over time', () => {
    const drawn = dashboards.flatMap(panelsOf).filter(({ type }) => type === 'timeseries');
    const histograms = drawn
      .flatMap(({ targets = [] }) => targets)
      .filter(({ expr }) => expr?.includes('_bucket'));
    expect(histograms.length).toBeGreaterThan(20);
    expect(histograms.filter(({ exemplar }) => !exemplar)).toEqual([]);
  });

  it('lead to dashboards that there are, and to each other', () => {
    const targets = [
      ...new Set([...dashboardsIn(JSON.stringify(dashboards)), ...dashboardsIn(JSON.stringify(datasources))]),
    ];
    expect(targets.length).toBeGreaterThan(6);
    expect(targets.filter((uid) => !uids.includes(uid))).toEqual([]);
    for (const { links, tags } of dashboards) {
      const menu = links.filter(({ type }) => type === 'dashboards');
      expect(menu.map((link) => link.tags)).toEqual([tags]);
      expect(links.some(({ title, url }) => title === 'Runbooks' && url)).toBe(true);
    }
  });

  it('lead to runbooks that there are, where alerts lead too', () => {
    const pages = [...JSON.stringify(dashboards).matchAll(/"(https:[^"]+\/runbooks\/[^"]+)"/g)].map(
      ([, url]) => url ?? '',
    );
    expect(new Set(pages).size).toBeGreaterThan(10);
    for (const page of new Set(pages)) {
      expect([page, existsSync(join(ROOT, 'docs/runbooks', page.slice(RUNBOOKS.length)))]).toEqual([
        page,
        true,
      ]);
      expect(rules()).toContain(`runbook_url: ${page}`);
    }
  });

  it('ask no data source that is not provisioned', () => {
    const asked = [...JSON.stringify(dashboards).matchAll(/"uid":"([^"]+)","?/g)].map(([, uid]) => uid ?? '');
    const used = dashboards.flatMap(({ panels, annotations, templating }) => [
      ...panels.flatMap(({ datasource, targets = [] }) => [
        datasource,
        ...targets.map((each) => each.datasource),
      ]),
      ...annotations.list.map(({ datasource }) => datasource),
      ...templating.list.map(({ datasource }) => datasource),
    ]);
    const unknown = used.filter((each) => each && !sourceUids.includes(each.uid));
    expect(unknown).toEqual([]);
    expect(asked.filter((uid) => !sourceUids.includes(uid) && !uids.includes(uid))).toEqual([]);
  });

  it('declare the variables that they use, and use those that they declare', () => {
    for (const { uid, panels, templating, annotations } of dashboards) {
      const declared = templating.list.map(({ name }) => name);
      const text = JSON.stringify([panels, annotations, templating.list.map(({ query }) => query)]);
      const used = [...text.matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name ?? '');
      expect([uid, [...new Set(used)].toSorted()]).toEqual([uid, declared.toSorted()]);
    }
  });
});

describe('the queries of the dashboards', () => {
  const queries = dashboardQueries();

  it('are of all three languages', () => {
    for (const type of ['prometheus', 'loki', 'tempo'])
      expect(queries.filter((each) => each.type === type)).not.toEqual([]);
    expect(queries.length).toBeGreaterThan(200);
  });

  it.each(uids)('are grammatical: %s', (uid) => {
    const faults = queries
      .filter(({ dashboard }) => dashboard === uid)
      .map((query) => `${query.panel}: ${complaint(() => parse(query.type, query.expr, query.values))}`)
      .filter((line) => !line.endsWith(': fine'));
    expect(faults).toEqual([]);
  });

  it('use no window of fixed length where Grafana knows a better one', () => {
    const windows = queries
      .filter(({ type }) => type === 'prometheus')
      .flatMap(({ panel, expr }) =>
        [...expr.matchAll(/\[([$\d][^\]]*)\]/g)].map(([, window]) => ({ panel, window })),
      );
    const odd = windows.filter(
      ({ window }) => !['$__rate_interval', '$__range', '1h', '6h', '30d'].includes(window ?? ''),
    );
    expect(odd).toEqual([]);
  });

  it('never add up what every replica tells alike', () => {
    const shared = [
      'outbox_pending',
      'outbox_oldest_seconds',
      'events_dead_letters',
      'orders_by_status',
      'saga_oldest_seconds',
      'inventory_stock_level',
      'inventory_low_stock_items',
      'active_sessions_current',
      'notification_queue_size',
    ];
    const node = /^(?:process|nodejs)_/;
    for (const { panel, expr } of queries.filter(({ type }) => type === 'prometheus')) {
      for (const metric of seriesIn(expr)) {
        if (!shared.includes(metric) && !(node.test(metric) && !/start_time|_fds$/.test(metric))) continue;
        const direct = new RegExp(`max(?: by \\([a-z, ]+\\) )?\\((?:rate\\()?${metric}\\b`);
        expect([panel, expr, direct.test(expr)]).toEqual([panel, expr, true]);
      }
    }
  });

  it('ask for metrics that Waybill has, or that Prometheus, RabbitMQ and Tempo bring', () => {
    const known = documented();
    const own = metricsUsed().filter((name) => !isForeign(name) && !isRecorded(name));
    expect(own.filter((name) => !known.has(metricOf(name, known)))).toEqual([]);
  });

  it('ask for recorded series that a rule records', () => {
    const recorded = [...rules().matchAll(/record: (\S+)/g)].map(([, name]) => name ?? '');
    const used = metricsUsed().filter(isRecorded);
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !recorded.includes(name))).toEqual([]);
  });

  it('show every metric that Waybill has', () => {
    const known = documented();
    expect(known.size).toBeGreaterThan(0);
    const shown = new Set(metricsUsed().map((name) => metricOf(name, known)));
    expect([...known].filter((name) => !shown.has(name))).toEqual([]);
  });
});

describe('what Grafana is provisioned with', () => {
  it('are four data sources, which lead to each other', () => {
    expect(sourceUids.toSorted()).toEqual(['alertmanager', 'loki', 'prometheus', 'tempo']);
    expect(source('prometheus').exemplarTraceIdDestinations?.[0]?.datasourceUid).toBe('tempo');
    expect(source('prometheus').alertmanagerUid).toBe('alertmanager');
    expect(source('tempo').tracesToLogsV2?.datasourceUid).toBe('loki');
    expect(source('tempo').tracesToMetrics?.datasourceUid).toBe('prometheus');
    expect(source('tempo').serviceMap?.datasourceUid).toBe('prometheus');
    expect(source('loki').derivedFields?.[0]?.datasourceUid).toBe('tempo');
  });

  it('finds the trace in a line as the logger writes it', () => {
    const line = '{"level":"info","trace_id":"0af7651916cd43dd8448eb211c80319c","message":"request"}';
    const [field] = source('loki').derivedFields ?? [];
    expect(new RegExp(field?.matcherRegex ?? '').exec(line)?.[1]).toBe('0af7651916cd43dd8448eb211c80319c');
  });

  it('asks grammatical queries when it goes from a span to its logs and metrics', () => {
    const filled = (query: string) =>
      query.replace(/\$\$(?:__tags|\{__tags\})/, 'service="a"').replace(/\$\$/g, '$');
    parseLogql(filled(source('tempo').tracesToLogsV2?.query ?? ''));
    const queries = source('tempo').tracesToMetrics?.queries ?? [];
    expect(queries.length).toBeGreaterThan(4);
    const known = documented();
    for (const { query } of queries) {
      parsePromql(filled(query));
      for (const name of seriesIn(filled(query)))
        expect([name, known.has(metricOf(name, known))]).toEqual([name, true]);
    }
  });

  it('is a folder of dashboards that nobody edits by hand', () => {
    const text = read(join(PROVISIONING, 'dashboards/waybill.yaml'));
    const { providers } = parseYaml(text) as { providers: { folder: string; allowUiUpdates: boolean }[] };
    expect(providers).toMatchObject([{ folder: 'Waybill', allowUiUpdates: false }]);
  });
});
