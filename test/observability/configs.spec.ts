import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readAlloy } from './alloy.js';
import { parseLogql } from './grammars.js';
import { OBSERVABILITY } from './programs.js';

const text = (path: string) => readFileSync(join(OBSERVABILITY, path), 'utf8');
const yaml = (path: string): Tree => parse(text(path)) as Tree;

interface Tree {
  [key: string]: Tree;
}

describe('the configurations of what cannot be run here', () => {
  it('are YAML without a key twice', () => {
    const paths = globSync('**/*.{yml,yaml}', { cwd: OBSERVABILITY });
    expect(paths).toEqual(expect.arrayContaining(['loki/loki.yml', 'tempo/tempo.yml']));
    for (const path of paths) expect(() => parse(text(path)) as unknown).not.toThrow();
  });

  it('Prometheus leaves the label `service` to the metrics', () => {
    for (const path of ['prometheus/prometheus.yml', '../webapp/prometheus/agent.yml'])
      expect(text(path).replaceAll(/#.*/g, '')).not.toMatch(/^\s*(?:service|labels):|target_label: service/m);
  });

  it('Prometheus scrapes and evaluates every 15 s', () => {
    expect(yaml('prometheus/prometheus.yml')['global']).toMatchObject({
      scrape_interval: '15s',
      evaluation_interval: '15s',
    });
    expect(yaml('../webapp/prometheus/agent.yml')['global']).toMatchObject({ scrape_interval: '15s' });
  });

  it('Loki keeps lines for 7 days, and deletes what is older', () => {
    const { limits_config, compactor, schema_config } = yaml('loki/loki.yml');
    expect(limits_config).toMatchObject({ retention_period: '168h' });
    expect(compactor).toMatchObject({ retention_enabled: true, delete_request_store: 'filesystem' });
    expect(schema_config).toMatchObject({
      configs: [{ store: 'tsdb', schema: 'v13', index: { period: '24h' } }],
    });
  });

  it('Loki adds no label of its own', () => {
    const { limits_config } = yaml('loki/loki.yml');
    expect(limits_config).toMatchObject({ discover_service_name: [], discover_log_levels: false });
  });

  it('Tempo keeps traces for 48 hours', () => {
    expect(yaml('tempo/tempo.yml')).toMatchObject({ compactor: { compaction: { block_retention: '48h' } } });
  });

  it('Tempo draws the service graph into Prometheus, with exemplars', () => {
    const { metrics_generator, overrides } = yaml('tempo/tempo.yml');
    expect(overrides).toMatchObject({
      defaults: { metrics_generator: { processors: ['service-graphs', 'span-metrics'] } },
    });
    expect(metrics_generator?.['storage']).toMatchObject({
      remote_write: [{ url: 'http://prometheus:9090/api/v1/write', send_exemplars: true }],
    });
  });

  it('listen where the others look for them', () => {
    const loki = yaml('loki/loki.yml');
    const tempo = yaml('tempo/tempo.yml');
    expect(loki['server']).toMatchObject({ http_listen_port: 3100 });
    expect(tempo).toMatchObject({
      server: { http_listen_port: 3200 },
      distributor: {
        receivers: {
          otlp: { protocols: { grpc: { endpoint: '0.0.0.0:4317' }, http: { endpoint: '0.0.0.0:4318' } } },
        },
      },
    });
    const jobs = parse(text('prometheus/prometheus.yml')) as {
      scrape_configs: { job_name: string; static_configs?: { targets: string[] }[] }[];
    };
    const targets = jobs.scrape_configs.flatMap(({ static_configs = [] }) =>
      static_configs.flatMap((each) => each.targets),
    );
    // All of VM 1 comes by the agent there.
    const own = ['localhost:9090', 'alertmanager:9093', 'loki:3100', 'tempo:3200'];
    expect(targets.toSorted()).toEqual(own.toSorted());
  });
});

describe('the configuration of Alloy', () => {
  const source = text('alloy/config.alloy');
  const blocks = readAlloy(source);
  const all = (kind: string) => blocks.filter((block) => block.kind === kind);

  it('is well-formed, and a reader that would not notice is none', () => {
    expect(blocks.length).toBeGreaterThan(20);
    for (const broken of [
      'a {',
      'a }',
      'a { b = [1, 2 }',
      'a { b = "x }',
      'a { b = `x }',
      'a { b = f(1 }',
      'a b c',
    ])
      expect([broken, failureOf(broken)]).toEqual([broken, expect.stringMatching(/^Alloy, line 1/)]);
  });

  it('refers to components that there are', () => {
    const made = blocks.flatMap(({ kind, label }) => (label ? [`${kind}.${label}`] : []));
    const used = [
      ...source.matchAll(
        /\b((?:loki|otelcol|discovery)(?:\.\w+)+)\.(?:receiver|input|targets|rules|output)\b/g,
      ),
    ];
    expect(used.length).toBeGreaterThan(5);
    expect(
      used.map(([, component = '']) => component).filter((component) => !made.includes(component)),
    ).toEqual([]);
  });

  it('gives Loki the labels service and level, and no other', () => {
    const labels = [
      ...all('rule').map(({ values }) => values['target_label']),
      ...all('stage.labels').flatMap(({ values }) => keysOf(values['values'])),
      ...all('stage.static_labels').flatMap(({ values }) => keysOf(values['values'])),
      ...all('loki.source.docker').flatMap(({ values }) => keysOf(values['labels'])),
      ...all('loki.write').flatMap(({ values }) => keysOf(values['external_labels'])),
    ];
    expect([...new Set(labels)].toSorted()).toEqual(['"service"', 'level', 'service'].toSorted());
    expect(all('stage.label_keep').map(({ values }) => values['values'])).toEqual(['["service", "level"]']);
  });

  it('reads lines of Waybill, and leaves what others print as it is', () => {
    const selector = /`(.+)`/.exec(all('stage.match')[0]?.values['selector'] ?? '')?.[1] ?? '';
    parseLogql(selector);
    const filters = [...selector.matchAll(/\|~ "((?:[^"\\]|\\.)*)"/g)].map(
      ([, regex = '']) => new RegExp(regex.replaceAll('\\"', '"')),
    );
    expect(filters).toHaveLength(3);
    const taken = (line: string) => filters.every((filter) => filter.test(line));
    expect(
      taken(
        '{"level":"info","timestamp":"2026-11-28T10:00:00.000Z","service":"order-service","module":"orders","message":"request"}',
      ),
    ).toBe(true);
    expect(taken('{"level":"info","service":"waybill","module":"system","message":"up"}')).toBe(true);
    expect(taken('{"level":"info","msg":"a proxy","service":"whoami@docker"}')).toBe(false);
    expect(taken('LOG:  database system is ready to accept connections')).toBe(false);
    expect(all('stage.json')).toHaveLength(1);
  });

  it('takes in spans where processes send them, limits itself, chooses, and sends on', () => {
    const endpoints = [...all('grpc'), ...all('http')].map(({ values }) => values['endpoint']);
    expect(endpoints).toEqual(['"0.0.0.0:4317"', '"0.0.0.0:4318"']);
    const next = (kind: string) =>
      blocks.find(({ kind: own, parent }) => own === 'output' && parent === kind)?.values['traces'];
    expect(next('otelcol.receiver.otlp')).toBe('[otelcol.processor.memory_limiter.waybill.input]');
    expect(next('otelcol.processor.memory_limiter')).toBe('[otelcol.processor.tail_sampling.waybill.input]');
    expect(next('otelcol.processor.tail_sampling')).toBe('[otelcol.processor.batch.waybill.input]');
    expect(next('otelcol.processor.batch')).toBe('[otelcol.exporter.otlp.tempo.input]');
  });

  it('keeps all errors, all orders that take longer than 500 ms, and a share of the rest', () => {
    expect(all('policy').map(({ values }) => values['type'])).toEqual([
      '"status_code"',
      '"ottl_condition"',
      '"probabilistic"',
    ]);
    expect(all('status_code')[0]?.values['status_codes']).toBe('["ERROR"]');
    expect(all('ottl_condition')[0]?.values['span']).toMatch(
      /"\/api\/v1\/orders" and end_time_unix_nano - start_time_unix_nano > 500000000`\]$/,
    );
    expect(all('probabilistic')[0]?.values['sampling_percentage']).toContain(
      'sys.env("TRACE_SAMPLE_PERCENT")',
    );
  });

  it('keeps the trace id in the line and beside it', () => {
    expect(all('stage.structured_metadata').flatMap(({ values }) => keysOf(values['values']))).toEqual([
      'trace_id',
    ]);
    expect(source).not.toMatch(/stage\.(?:output|replace|pack|template)/);
  });
});

function failureOf(source: string): string | null {
  try {
    readAlloy(source);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Of an object as it is written. */
function keysOf(object = ''): string[] {
  return [...object.matchAll(/(\w+)\s*=/g)].map(([, key = '']) => key);
}
