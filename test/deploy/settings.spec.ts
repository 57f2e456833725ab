import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IContainer } from 'kubernetes-models/v1';
import { Config, SETTINGS } from '../../src/common/config/config.js';
import { isRoleUrl } from '../../src/common/persistence/module-database.js';
import { MODULE_NAMES, MODULES } from '../../src/modules.js';
import { PORTS } from '../../src/ports.js';
import { build } from './kustomize.js';
import { type KubeObject, ofKind, the, workloads } from './objects.js';
import { ingressPaths, ingressRouters } from './ingress.js';
import { readRouters, routerOf } from './routes.js';

const OVERLAYS = ['overlays/kind', 'overlays/production'];

/** What the programs of the image read; all else is refused. */
const KNOWN: Record<string, readonly string[]> = {
  'dist/main.js': Object.keys(SETTINGS),
  'dist/migrate.js': Object.keys(SETTINGS),
  'dist/mock-gateway/main.js': settingsOfGateway(),
  'dist/frontend/main.js': ['NODE_ENV', 'HOST', 'PORT', 'SEED_DEMO', 'GRAFANA_URL'],
};

function settingsOfGateway(): string[] {
  const page = readFileSync(join(__dirname, '../../src/mock-gateway/README.md'), 'utf8');
  return [...page.matchAll(/^\| `(GATEWAY_\w+)`/gm)].map(([, name = '']) => name);
}

/** Values of secrets that only the cluster knows, so that what is made of them can be read. */
const UNKNOWN: Record<string, string> = {
  'postgres-app/password': 'a',
  'rabbitmq-default-user/connection_string': 'amqp://a:b@rabbitmq:5672/',
  'notifications/smtp-url': 'smtp://a:b@mail:587',
  'notifications/sms-url': 'https://sms.example.com',
};

/** Names and values of a Secret, whoever makes it. */
function secret(objects: readonly KubeObject[], name: string): Record<string, string> {
  const own = ofKind(objects, 'Secret').find(({ metadata }) => metadata.name === name);
  const plain = Object.entries(own?.data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString(),
  ]);
  const external = ofKind(objects, 'ExternalSecret').find(({ spec }) => spec.target.name === name);
  const made = Object.entries(external?.spec.target.template?.data ?? {}).map(([key, value]) => [
    key,
    value.replaceAll(/\{\{ \.\w+ \}\}/g, 'a'),
  ]);
  const unknown = Object.entries(UNKNOWN)
    .filter(([path]) => path.startsWith(`${name}/`))
    .map(([path, value]) => [path.slice(name.length + 1), value]);
  return Object.fromEntries([...unknown, ...plain, ...made]) as Record<string, string>;
}

/** The environment as the kubelet makes it. */
function environmentOf(
  objects: readonly KubeObject[],
  { env = [], envFrom = [] }: IContainer,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const { configMapRef, secretRef } of envFrom) {
    if (configMapRef) Object.assign(result, the(objects, 'ConfigMap', configMapRef.name ?? '').data);
    if (secretRef) Object.assign(result, secret(objects, secretRef.name ?? ''));
  }
  for (const { name, value = '', valueFrom } of env) {
    const setting = valueFrom?.configMapKeyRef;
    if (setting) {
      const found = the(objects, 'ConfigMap', setting.name ?? '').data?.[setting.key];
      if (found !== undefined) result[name] = found;
      continue;
    }
    const key = valueFrom?.secretKeyRef;
    result[name] = key
      ? (secret(objects, key.name ?? '')[key.key] ?? '')
      : value.replaceAll(/\$\((\w+)\)/g, (_, other: string) => result[other] ?? '');
  }
  return result;
}

function ofImage(objects: readonly KubeObject[]) {
  return workloads(objects).flatMap(({ name, containers }) =>
    containers
      .filter(({ image }) => /(?:^|\/)waybill:/.test(image ?? ''))
      .map((container) => ({ name, program: container.args?.[0] ?? '', container })),
  );
}

/** Names that no program reads, save those of which others are made. */
function strangers(objects: readonly KubeObject[]): string[] {
  return ofImage(objects).flatMap(({ name, program, container }) => {
    const text = JSON.stringify(container.env ?? []);
    return Object.keys(environmentOf(objects, container))
      .filter((each) => !KNOWN[program]?.includes(each) && !text.includes(`$(${each})`))
      .map((each) => `${name} is given ${each}`);
  });
}

describe.each(OVERLAYS)('what %s tells the programs', (folder) => {
  it('is what they read', async () => {
    const objects = await build(folder);
    expect(ofImage(objects).length).toBeGreaterThanOrEqual(8);
    expect(strangers(objects)).toEqual([]);
  });

  it('is seen when nobody reads it', async () => {
    const objects = await build(folder);
    const { containers = [] } = the(objects, 'Deployment', 'user-service').spec?.template.spec ?? {};
    containers[0]?.env?.push({ name: 'JWT_ISUER', value: 'shop' });
    expect(strangers(objects)).toEqual(['user-service is given JWT_ISUER']);
  });

  it('makes a configuration of each that is in order', async () => {
    const objects = await build(folder);
    for (const { name, program, container } of ofImage(objects)) {
      if (!['dist/main.js', 'dist/migrate.js'].includes(program)) continue;
      const config = new Config(environmentOf(objects, container));
      expect([name, config.production]).toEqual([name, folder.endsWith('production')]);
      expect(config.gatewayUrl).not.toBeNull();
    }
  });

  it('gives each service its module, its role, the broker and Redis, and no other role', async () => {
    const objects = await build(folder);
    for (const module of MODULE_NAMES) {
      const deployment = the(objects, 'Deployment', MODULES[module].service);
      const [container = { name: '' }] = deployment.spec?.template.spec?.containers ?? [];
      const config = new Config(environmentOf(objects, container));
      expect(config).toMatchObject({ modules: module, host: '0.0.0.0', databaseUrl: null });
      expect([config.rabbitmqUrl, config.redisUrl]).toEqual([expect.any(String), expect.any(String)]);
      const known = MODULE_NAMES.filter((each) => config.databaseUrlOf(each) !== null);
      expect(known).toEqual([module]);
      expect(container.ports).toEqual([{ name: 'http', containerPort: config.port }]);
      const service = the(objects, 'Service', MODULES[module].service);
      expect(service.spec?.ports).toMatchObject([{ port: MODULES[module].port }]);
    }
  });

  it('lets the migration make each role as its service knows it', async () => {
    const objects = await build(folder);
    const [migrate] = ofImage(objects).filter(({ name }) => name === 'migrate');
    const config = new Config(environmentOf(objects, migrate?.container ?? { name: '' }));
    expect(config.modules).toBe('all');
    for (const module of MODULE_NAMES) {
      const own = config.databaseUrlOf(module) ?? '';
      expect([module, isRoleUrl(own, module, config.databaseUrl ?? '')]).toEqual([module, true]);
    }
  });

  it('tells the web page what it is to show, and no secret', async () => {
    const objects = await build(folder);
    const { spec } = the(objects, 'Deployment', 'frontend').spec?.template ?? {};
    const [container = { name: '' }] = spec?.containers ?? [];
    const config = new Config({ ...environmentOf(objects, container), GATEWAY_URL: 'http://nobody' });
    const isLab = folder.endsWith('kind');
    expect(config).toMatchObject({ host: '0.0.0.0', production: !isLab, seedDemo: isLab, port: null });
    expect(JSON.stringify(spec)).not.toMatch(/secret/i);
    expect(container.ports).toEqual([{ name: 'http', containerPort: PORTS.frontend }]);
    expect(the(objects, 'Service', 'frontend').spec?.ports).toMatchObject([{ port: PORTS.frontend }]);
  });
});

describe.each(OVERLAYS)('the Ingresses of %s', (folder) => {
  it('lead to each module what is its own, and the rest to the web page', async () => {
    const wanted = MODULE_NAMES.flatMap((name) => [
      ...MODULES[name].routes.map((route) => [`/api/v1/${route}`, 'Prefix', MODULES[name].service]),
      [`/api/v1/events/${name}`, 'Prefix', MODULES[name].service],
    ]);
    const more = [
      ['/ws', 'Exact', 'notification-service'],
      ['/images/products', 'Prefix', 'catalog-service'],
      ['/.well-known/jwks.json', 'Exact', 'user-service'],
      ['/', 'Prefix', 'frontend'],
    ];
    const paths = ingressPaths(await build(folder)).map(({ path, pathType, service }) => [
      path,
      pathType,
      service,
    ]);
    expect(paths.toSorted()).toEqual([...wanted, ...more].toSorted());
  });

  it('lead where Traefik does in Compose, as Traefik understands them', async () => {
    const objects = await build(folder);
    const inCompose = readRouters();
    const routers = ingressRouters(objects);
    const paths = [
      ...ingressPaths(objects).map(({ path, pathType }) => (pathType === 'Exact' ? path : `${path}/x`)),
      '/',
      '/basket',
      '/orders/7',
      '/assets/page.js',
      '/wsx',
      '/apis',
    ];
    const requests = paths.map((path) => ({ method: 'GET', path: path.replace('//', '/') }));
    for (const request of requests)
      expect([request.path, `${routerOf(routers, request)?.service}@docker`]).toEqual([
        request.path,
        routerOf(inCompose, request)?.service,
      ]);
  });

  it('lead to no module what Compose leads nowhere: the web page knows what is no page', async () => {
    const routers = ingressRouters(await build(folder));
    const closed = ['/health', '/ready', '/metrics', '/docs', '/api/v1/nothing', '/images/x'];
    for (const path of closed)
      expect([path, routerOf(routers, { method: 'GET', path })?.service]).toEqual([path, 'frontend']);
  });

  it('would shadow /ws, were the web page not asked last', async () => {
    const objects = await build(folder);
    const { annotations } = the(objects, 'Ingress', 'frontend').metadata;
    Reflect.deleteProperty(annotations ?? {}, 'traefik.ingress.kubernetes.io/router.priority');
    const router = routerOf(ingressRouters(objects), { method: 'GET', path: '/ws' });
    expect(router?.service).toBe('frontend');
  });
});
