import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readCompose } from './compose-files.js';
import { alloyProblems, documented, type Options, optionProblems } from './options.js';
import { COMPOSE } from './routes.js';

const text = (path: string) => readFileSync(join(COMPOSE, path), 'utf8');
/** Traefik fills in templates before it reads. */
const FILES: Record<string, string[]> = {
  loki: ['observability/loki/loki.yml'],
  tempo: ['observability/tempo/tempo.yml'],
  traefik: ['webapp/traefik/traefik.yml'],
  'traefik-dynamic': [
    'webapp/traefik/dynamic/routes.yml',
    'webapp/traefik/dynamic/middlewares.yml',
    'webapp/traefik/tls/file.yml',
    'webapp/traefik/tls/acme.yml',
    'monolith/traefik/routes.yml',
  ],
};
const ALLOY = 'observability/alloy/config.alloy';
const yaml = (source: string): unknown =>
  parse(source.replaceAll(/\{\{ env "\w+" \}\}/g, 'shop.example'), { merge: true });
const problemsOf = (name: string, source: string) =>
  optionProblems(yaml(source), documented(name).options, { ignoreCase: name.startsWith('traefik') });

describe('the configuration of what cannot be run here', () => {
  const images = ['webapp/compose.yaml', 'observability/compose.yaml'].flatMap((path) =>
    Object.values(readCompose(path).services).flatMap(({ image }) => image ?? []),
  );

  it.each([...Object.keys(FILES), 'alloy', 'grafana'])(
    'is compared with the version that is pinned: %s',
    (name) => {
      const { image, version } = documented(name);
      const pinned = images.filter((each) => each.startsWith(`${image}:`));
      expect(pinned).toHaveLength(1);
      // Another version? Read its reference again, and mend options/*.yaml.
      expect(`${pinned[0]}.`.replace(':v', ':')).toContain(`${image}:${version}.`);
    },
  );

  it.each(Object.entries(FILES).flatMap(([name, paths]) => paths.map((path) => [path, name] as const)))(
    '%s has only options that are documented, of their type, and none that is deprecated',
    (path, name) => expect(problemsOf(name, text(path))).toEqual([]),
  );

  it(`${ALLOY} likewise`, () => expect(alloyProblems(text(ALLOY), documented('alloy').options)).toEqual([]));

  it.each(['webapp', 'monolith'])('labels for Traefik likewise: %s', (placement) => {
    const { options } = documented('traefik-dynamic');
    const labels = Object.values(readCompose(`${placement}/compose.yaml`).services).flatMap((service) =>
      Object.entries(service.labels ?? {}).filter(([key]) => key.startsWith('traefik.http.')),
    );
    expect(labels.length).toBeGreaterThan(3);
    for (const [key, value] of labels) expect([key, labelProblems(key, value, options)]).toEqual([key, []]);
  });
});

function labelProblems(key: string, value: string, options: Parameters<typeof optionProblems>[1]): string[] {
  const tree = key
    .split('.')
    .slice(1)
    .reduceRight<unknown>((inner, level) => ({ [level]: inner }), value);
  return optionProblems(tree, options, { ignoreCase: true, texts: true });
}

/** In a file, some words become others, and what is then said. */
type Plant = [file: string, from: string | RegExp, to: string, found: string];

const PLANTS: Plant[] = [
  ['loki', 'limits_config:', 'limit_config:', 'limit_config: no such option'],
  ['loki', 'kvstore:', 'kv_store:', 'common.ring.kv_store: no such option'],
  [
    'loki',
    'store: inmemory',
    'store: memory',
    'common.ring.kvstore.store: "memory" is none of consul, etcd, inmemory, memberlist, multi',
  ],
  [
    'loki',
    'compaction_interval: 10m',
    'compaction_interval: 1d',
    'compactor.compaction_interval: "1d" is no duration',
  ],
  [
    'loki',
    'retention_enabled: true',
    'retention_enabled: "yes"',
    'compactor.retention_enabled: "yes" is no boolean',
  ],
  [
    'loki',
    'discover_log_levels: false',
    'allow_deletes: true',
    'limits_config.allow_deletes: deprecated, in favour of deletion_mode',
  ],
  ['loki', '- from: 2026-01-01\n      store', '- store', 'schema_config.configs[0].from: missing'],
  ['tempo', 'ingester:', 'ingestor:', 'ingestor: no such option'],
  ['tempo', 'max_block_duration', 'max_blok_duration', 'ingester.max_blok_duration: no such option'],
  ['tempo', '48h', 'two days', 'compactor.compaction.block_retention: "two days" is no duration'],
  [
    'tempo',
    'block_retention: 48h',
    'block_retention: 2d',
    'compactor.compaction.block_retention: "2d" is no duration',
  ],
  [
    'tempo',
    'max_items: 20000',
    'max_items: many',
    'metrics_generator.processor.service_graphs.max_items: "many" is no number',
  ],
  [
    'tempo',
    '[peer.service,',
    '[1, peer.service,',
    'metrics_generator.processor.service_graphs.peer_attributes[0]: 1 is no string',
  ],
  [
    'tempo',
    'send_exemplars: true',
    'send_exemplars: 1',
    'metrics_generator.storage.remote_write[0].send_exemplars: 1 is no boolean',
  ],
  [
    'tempo',
    'backend: local',
    'backend: disk',
    'storage.trace.backend: "disk" is none of local, gcs, s3, azure',
  ],
  [
    'tempo',
    '[service-graphs,',
    '[service-graph,',
    'overrides.defaults.metrics_generator.processors[0]: "service-graph" is none of service-graphs, span-metrics, local-blocks, host-info',
  ],
  [
    'tempo',
    'distributor:',
    'distributor:\n  log_received_traces: true',
    'distributor.log_received_traces: deprecated, in favour of log_received_spans',
  ],
  ['tempo', /path: \/var\/tempo\/wal/, 'version: vParquet4', 'storage.trace.wal.path: missing'],
  ['traefik', 'exposedByDefault', 'exposeByDefault', 'providers.docker.exposeByDefault: no such option'],
  [
    'traefik',
    'readTimeout: 15s',
    'readTimeout: soon',
    'entryPoints.web.transport.respondingTimeouts.readTimeout: "soon" is no duration',
  ],
  [
    'traefik',
    'level: INFO',
    'level: NOTICE',
    'log.level: "NOTICE" is none of TRACE, DEBUG, INFO, WARN, ERROR, FATAL, PANIC',
  ],
  [
    'traefik',
    'serviceName: traefik',
    'globalAttributes: {}',
    'tracing.globalAttributes: deprecated, in favour of resourceAttributes',
  ],
];

const ALLOY_PLANTS: [from: string, to: string, found: string][] = [
  [
    'loki.source.docker "containers"',
    'loki.source.dockers "containers"',
    'loki.source.dockers "containers": no such block',
  ],
  [
    'refresh_interval =',
    'refresh_intervall =',
    'discovery.docker "containers".refresh_intervall: no such attribute',
  ],
  ['"5s"', '5', 'discovery.docker "containers".refresh_interval: 5 is no duration'],
  ['stage.label_keep {', 'stage.keep_label {', 'loki.process > stage.keep_label: no such block'],
  ['format = "RFC3339Nano"', '', 'loki.process > stage.match > stage.timestamp.format: missing'],
  [
    '"ERROR"',
    '"BAD"',
    'otelcol.processor.tail_sampling > policy > status_code.status_codes[0]: "BAD" is none of OK, ERROR, UNSET',
  ],
  [
    '"ignore"',
    '"forget"',
    'otelcol.processor.tail_sampling > policy > ottl_condition.error_mode: "forget" is none of ignore, silent, propagate',
  ],
  [
    'sampled_cache_size     =',
    'sampled_cash_size =',
    'otelcol.processor.tail_sampling "waybill".decision_cache.sampled_cash_size: no such option',
  ],
  [
    'insecure = true',
    'insecure = "yes"',
    'otelcol.exporter.otlp > client > tls.insecure: "yes" is no boolean',
  ],
];

describe('Grafana', () => {
  const { options } = documented('grafana') as unknown as {
    options: Record<string, Record<string, Options>>;
  };
  const folder = 'observability/grafana/provisioning';

  it('is given dashboards and data sources by options that are documented', () => {
    expect(
      optionProblems(yaml(text(`${folder}/dashboards/waybill.yaml`)), options['dashboards'] ?? {}),
    ).toEqual([]);
    const sources = yaml(text(`${folder}/datasources/waybill.yaml`)) as { datasources: Source[] };
    expect(optionProblems(sources, options['datasources'] ?? {})).toEqual([]);
    expect(sources.datasources.length).toBeGreaterThan(3);
    for (const source of sources.datasources)
      expect([source.uid, sourceProblems(source)]).toEqual([source.uid, []]);
  });

  it('has no setting in its environment that is not documented', () => {
    const environment = readCompose('observability/compose.yaml').services['grafana']?.environment ?? {};
    expect(Object.keys(environment).length).toBeGreaterThan(5);
    for (const [name, value] of Object.entries(environment))
      expect([name, environmentProblems(name, value)]).toEqual([name, []]);
  });

  it('is not given what is planted', () => {
    expect(sourceProblems({ uid: 'x', type: 'tempo', jsonData: { tracesToLogs: {}, nodeGraf: {} } })).toEqual(
      ['jsonData.tracesToLogs: deprecated, in favour of tracesToLogsV2', 'jsonData.nodeGraf: no such option'],
    );
    expect(sourceProblems({ uid: 'x', type: 'prometheus', jsonData: { httpMethod: 'PUT' } })).toHaveLength(1);
    expect(sourceProblems({ uid: 'x', type: 'graphite' })).toEqual([
      'graphite: not a type that is documented here',
    ]);
    expect(environmentProblems('GF_USERS_ALLOW_SIGNUP', 'false')).toEqual([
      'GF_USERS_ALLOW_SIGNUP: no such setting',
    ]);
    expect(environmentProblems('GF_AUTH_ANONYMOUS_ENABLED', 'no')).toEqual([
      'GF_AUTH_ANONYMOUS_ENABLED: "no" is no boolean',
    ]);
  });

  interface Source {
    uid: string;
    type: string;
    jsonData?: unknown;
  }

  function sourceProblems({ type, jsonData }: Source): string[] {
    const known = options['jsonData']?.[type];
    if (!known) return [`${type}: not a type that is documented here`];
    return optionProblems(jsonData ?? null, known, {}, 'jsonData');
  }

  function environmentProblems(name: string, value: string): string[] {
    for (const [section, keys] of Object.entries(options['environment'] ?? {}))
      for (const [key, type] of Object.entries(keys))
        if (name === `GF_${section.replace('.', '_')}_${key}`.toUpperCase())
          return optionProblems(value, type as Options, { texts: true }, name);
    return [`${name}: no such setting`];
  }
});

describe('flags on command lines', () => {
  const { programs } = parse(readFileSync(join(__dirname, 'options/flags.yaml'), 'utf8')) as {
    programs: Record<string, { version: string; flags: string[] }>;
  };
  const commands = ['webapp/compose.yaml', 'observability/compose.yaml'].flatMap((path) =>
    Object.entries(readCompose(path).services).flatMap(([name, service]) => {
      const [image = '', tag = ''] = service.image?.split(':') ?? [];
      const { command = [] } = service as { command?: string | string[] };
      return programs[image] ? [{ name, image, tag, command: [command].flat() }] : [];
    }),
  );

  const flagProblems = (image: string, command: readonly string[]) =>
    command
      .flatMap((word) => /^--?([^=]+)/.exec(word)?.[1] ?? [])
      .filter((flag) => !programs[image]?.flags.includes(flag));

  it.each(commands)('of $name are documented', ({ image, tag, command }) => {
    // Another version? Read its reference again, and mend options/flags.yaml.
    expect(`${tag}.`.replace(/^v/, '')).toMatch(
      new RegExp(`^${programs[image]?.version.replace('.', '\\.')}\\.`),
    );
    expect(flagProblems(image, command)).toEqual([]);
  });

  it('are looked at for each program, and one that there is not is found', () => {
    expect(new Set(commands.map(({ image }) => image))).toEqual(new Set(Object.keys(programs)));
    expect(flagProblems('prom/prometheus', ['--web.enable-remote-write', '--agent'])).toEqual([
      'web.enable-remote-write',
    ]);
  });
});

describe('what is planted there is found', () => {
  it.each(PLANTS)('in %s: %s as %s', (name, from, to, found) => {
    const source = text(FILES[name]?.[0] ?? '');
    const planted = source.replace(from, to);
    expect(planted).not.toBe(source);
    expect(problemsOf(name, planted)).toContain(found);
  });

  it.each(ALLOY_PLANTS)('in Alloy: %s as %s', (from, to, found) => {
    const source = text(ALLOY);
    const planted = source.replace(from, to);
    expect(planted).not.toBe(source);
    expect(alloyProblems(planted, documented('alloy').options)).toEqual([found]);
  });

  it('in routes, middlewares and labels', () => {
    const { options } = documented('traefik-dynamic');
    const middleware = (each: unknown) => optionProblems({ http: { middlewares: { m: each } } }, options);
    expect(middleware({ retry: { attempt: 3 } })).toEqual([
      'http.middlewares.m.retry.attempt: no such option',
      'http.middlewares.m.retry.attempts: missing',
    ]);
    expect(middleware({ compress: { encodings: ['lzma'] } })).toEqual([
      'http.middlewares.m.compress.encodings[0]: "lzma" is none of gzip, br, zstd',
    ]);
    expect(middleware({ ipWhiteList: {} })).toEqual([
      'http.middlewares.m.ipWhiteList: deprecated, in favour of ipAllowList',
    ]);
    expect(labelProblems('traefik.http.services.a.loadbalancer.healthchek.path', '/', options)).toHaveLength(
      1,
    );
    expect(labelProblems('traefik.http.services.a.loadbalancer.server.port', 'eighty', options)).toHaveLength(
      1,
    );
  });

  it('and a list that has a type of its own making is refused', () => {
    expect(() => optionProblems({ a: 1 }, { a: 'integer' })).toThrow('integer is no type');
  });
});
