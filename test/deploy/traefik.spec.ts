import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import { parse } from 'yaml';
import { BODY_LIMIT } from '../../src/common/http/http-adapter.js';
import { isPage } from '../../src/common/http/page-paths.js';
import { MODULES, moduleOfPath, serviceOf } from '../../src/modules.js';
import { PORTS } from '../../src/ports.js';
import { startWaybill, type Waybill } from '../harness.js';
import { readCompose } from './compose-files.js';
import { COMPOSE, readRouters, routerOf } from './routes.js';
import { matches, readRule } from './traefik-rule.js';
import { DYNAMIC, LABELS, STATIC } from './traefik-schema.js';

const FILES = [
  'webapp/traefik/dynamic/routes.yml',
  'webapp/traefik/dynamic/middlewares.yml',
  'webapp/traefik/tls/file.yml',
  'webapp/traefik/tls/acme.yml',
  'monolith/traefik/routes.yml',
];
/** As Traefik reads it: templates first. */
const yaml = (path: string): unknown =>
  parse(readFileSync(join(COMPOSE, path), 'utf8').replaceAll(/\{\{ env "\w+" \}\}/g, 'shop.example'));

/** `traefik.http.services…` as levels. */
function nested(labels: Record<string, string>): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(labels)) {
    const [first, ...levels] = key.split('.');
    if (first !== 'traefik') continue;
    const last = levels.pop() ?? '';
    let at = root;
    for (const level of levels) at = (at[level] ??= {}) as Record<string, unknown>;
    at[last] = value;
  }
  return root;
}

describe("Traefik's configuration", () => {
  it('has no option that Traefik does not know', () => {
    expect(() => STATIC.parse(yaml('webapp/traefik/traefik.yml'))).not.toThrow();
    for (const path of FILES) expect(() => DYNAMIC.parse(yaml(path))).not.toThrow();
    expect(() => DYNAMIC.parse({ http: { middlewares: { again: { retry: { attempt: 3 } } } } })).toThrow(
      'again',
    );
  });

  it.each(['webapp', 'monolith'])(
    'of %s: labels give each service its port and its health check',
    (placement) => {
      const labelled = Object.entries(readCompose(`${placement}/compose.yaml`).services).filter(
        ([, { labels = {} }]) => labels['traefik.enable'],
      );
      const ports = new Map<string, number>([
        ...Object.values(MODULES).map(({ service, port }): [string, number] => [service, port]),
        ['frontend', PORTS.frontend],
      ]);
      expect(labelled).toHaveLength(placement === 'webapp' ? 7 : 1);
      for (const [name, { labels = {} }] of labelled) {
        const { http } = LABELS.parse(nested(labels));
        const [[service, { loadbalancer }] = ['', { loadbalancer: null }]] = Object.entries(http.services);
        expect(service).toBe(name);
        expect(loadbalancer).toMatchObject({
          server: { port: ports.get(name) ?? 8000 },
          healthcheck: { path: '/ready' },
        });
      }
    },
  );

  it('refers to middlewares, services and entry points that there are', () => {
    const { entryPoints } = STATIC.parse(yaml('webapp/traefik/traefik.yml'));
    const { http } = DYNAMIC.parse(yaml('webapp/traefik/dynamic/middlewares.yml'));
    const known = Object.keys(http?.middlewares ?? {});
    for (const placement of ['webapp', 'monolith']) {
      const path = FILES.find((each) => each.startsWith(placement) && each.endsWith('routes.yml'));
      const { services } = readCompose(`${placement}/compose.yaml`);
      for (const router of readRouters(path)) {
        expect(known).toEqual(expect.arrayContaining(router.middlewares));
        expect(Object.keys(entryPoints)).toEqual(expect.arrayContaining(router.entryPoints));
        const [name = '', provider = 'file'] = router.service.split('@');
        if (provider === 'docker') expect(services).toHaveProperty([name]);
        else expect(['nobody', 'api']).toContain(name);
      }
    }
  });

  it.each(['webapp', 'monolith'])('of %s: containers have a door that nothing redirects', (placement) => {
    const { services } = readCompose(`${placement}/compose.yaml`);
    const events = services['events'] as { entrypoint?: string[] };
    const { port, hostname, protocol } = new URL(events.entrypoint?.at(-1) ?? '');
    expect([protocol, hostname]).toEqual(['http:', 'traefik']);
    const { entryPoints } = STATIC.parse(yaml('webapp/traefik/traefik.yml'));
    expect(entryPoints['internal']).toMatchObject({ address: `:${port}` });
    const published = services['traefik']?.ports?.map((each) => each.split(':').at(-1));
    expect(published).not.toContain(port);
    const path = FILES.find((each) => each.startsWith(placement) && each.endsWith('routes.yml'));
    for (const router of readRouters(path).filter((each) => each.entryPoints.includes('web')))
      expect([router.name, router.entryPoints]).toEqual([router.name, expect.arrayContaining(['internal'])]);
    for (const kind of ['file', 'acme']) {
      const { http } = DYNAMIC.parse(yaml(`webapp/traefik/tls/${kind}.yml`));
      for (const router of Object.values(http?.routers ?? {}))
        expect(router.entryPoints).not.toContain('internal');
    }
  });

  it('takes bodies as large as the processes do', () => {
    const { http } = DYNAMIC.parse(yaml('webapp/traefik/dynamic/middlewares.yml'));
    expect(http?.middlewares?.['body']).toMatchObject({ buffering: { maxRequestBodyBytes: BODY_LIMIT } });
  });

  it('tries again only what may be repeated', () => {
    for (const path of ['webapp/traefik/dynamic/routes.yml', 'monolith/traefik/routes.yml'])
      for (const { rule, middlewares } of readRouters(path)) {
        if (!middlewares.includes('reads')) continue;
        for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
          for (const [{ value = '' } = {}] of [rule.flat().filter(({ kind }) => kind.startsWith('Path'))])
            expect(matches(rule, { method, path: value })).toBe(false);
      }
  });
});

describe('a rule', () => {
  it('is read with its brackets', () => {
    const rule = readRule('(Method(`GET`) || Method(`HEAD`)) && (Path(`/a`) || PathPrefix(`/a/`))');
    expect(rule).toHaveLength(4);
    expect(matches(rule, { method: 'HEAD', path: '/a/b' })).toBe(true);
    expect(matches(rule, { method: 'POST', path: '/a' })).toBe(false);
    expect(matches(rule, { method: 'GET', path: '/ab' })).toBe(false);
  });

  it('is read with what it excludes', () => {
    const rule = readRule('Method(`GET`) && (Path(`/a/b`) || !PathPrefix(`/a`))');
    expect(matches(rule, { method: 'GET', path: '/a/b' })).toBe(true);
    expect(matches(rule, { method: 'GET', path: '/a/c' })).toBe(false);
    expect(matches(rule, { method: 'GET', path: '/c' })).toBe(true);
  });

  it.each(['!(Path(`/a`))', 'Paths(`/a`)', 'Path(`/a`) &&', '(Path(`/a`)', 'Path(`/a`) Path(`/b`)'])(
    'is not %s',
    (text) => {
      expect(() => readRule(text)).toThrow(/understood|expected|called|closed/);
    },
  );
});

describe('the routes', () => {
  let waybill: Waybill;
  let operations: { method: string; path: string }[];

  beforeAll(async () => {
    waybill = await startWaybill({});
    const document = (await (await fetch(`${waybill.url}/docs-json`)).json()) as OpenAPIObject;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => ['get', 'post', 'put', 'delete', 'patch'].includes(method))
        .map((method) => ({
          method: method.toUpperCase(),
          path: path.replace('{module}', 'orders').replaceAll(/\{\w+\}/g, 'MUG-001'),
        })),
    );
  });
  afterAll(() => waybill.stop());

  it('lead every operation of the API to the module that has it', () => {
    const routers = readRouters();
    const api = operations.filter(({ path }) => path.startsWith('/api/'));
    expect(api.length).toBeGreaterThan(35);
    for (const request of api) {
      const expected = `${serviceOf(moduleOfPath(request.path))}@docker`;
      expect([request, routerOf(routers, request)?.service]).toEqual([request, expected]);
    }
  });

  it('lead there in one process too', () => {
    const routers = readRouters('monolith/traefik/routes.yml');
    for (const request of operations.filter(({ path }) => path.startsWith('/api/')))
      expect([request, routerOf(routers, request)?.service]).toEqual([request, 'waybill@docker']);
  });

  it('lead to sockets, keys and pictures, and to nothing that is not for outside', () => {
    const routers = readRouters();
    const service = (path: string) => routerOf(routers, { method: 'GET', path })?.service ?? null;
    expect(service('/ws')).toBe('notification-service@docker');
    expect(service('/.well-known/jwks.json')).toBe('user-service@docker');
    expect(service('/images/products/mug-001.svg')).toBe('catalog-service@docker');
    for (const path of [
      '/health',
      '/ready',
      '/metrics',
      '/actuator/prometheus',
      '/docs',
      '/docs-json',
      '/images/other',
      '/api/v1/ordersx',
    ])
      expect([path, service(path)]).toEqual([path, null]);
  });

  it.each([
    ['webapp/traefik/dynamic/routes.yml', 'frontend@docker'],
    ['monolith/traefik/routes.yml', 'waybill@docker'],
  ])('of %s lead to the web page, whatever address it may have', (file, service) => {
    const routers = readRouters(file);
    const taken = (path: string, method = 'GET') => routerOf(routers, { method, path });
    for (const path of ['/', '/products/MUG-001', '/no/such/page', '/assets/index-1.js', '/apiary'])
      expect([path, taken(path)?.service]).toEqual([path, service]);
    expect(taken('/', 'POST')).toBeNull();
    const apart =
      taken('/')
        ?.rule.flat()
        .find(({ not }) => not)?.value ?? '';
    for (const path of [
      '/',
      '/x',
      '/apiary',
      '/api',
      '/api/x',
      '/docs',
      '/docs-json',
      '/health',
      '/.well-known/x',
    ])
      expect([path, !new RegExp(apart).test(path)]).toEqual([path, isPage(path)]);
  });

  it('answer for a module that is not there with 503 and not with 404', () => {
    const routers = readRouters().filter(({ service }) => !service.endsWith('@docker'));
    const all = [
      ...operations.filter(({ path }) => path.startsWith('/api/')),
      { method: 'GET', path: '/ws' },
    ];
    for (const request of all)
      expect([request, routerOf(routers, request)?.service]).toEqual([request, 'nobody']);
  });
});
