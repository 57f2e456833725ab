import { type ComposeFile, readCompose } from './compose-files.js';
import { readRouters, ROUTES } from './routes.js';
import type { Placement } from './stack.js';
import type { Matcher } from './traefik-rule.js';

/**
 * HAProxy's configuration with Traefik's routes, for machines that cannot have Traefik's image: it stands in for it in
 * the real run, and tells that routes lead to processes that answer. Of Traefik itself it proves nothing.
 */
export function doorSettings(placement: Placement): string {
  const folder = placement === 'laptop' ? 'webapp' : placement;
  const { services: containers } = readCompose(`${folder}/compose.yaml`);
  const routers = readRouters(ROUTES[folder]).filter(({ entryPoints }) => entryPoints.includes('web'));
  const services = [...new Set(routers.map(({ service }) => service))];
  return [
    'global',
    '  log stdout format raw local0 warning',
    'defaults',
    '  mode http',
    '  log global',
    '  option forwardfor',
    '  option redispatch',
    '  retries 3',
    '  timeout connect 2s',
    '  timeout client 60s',
    '  timeout server 60s',
    '  timeout tunnel 1h',
    'resolvers docker',
    '  nameserver dns 127.0.0.11:53',
    '  hold valid 1s',
    '  hold nx 1s',
    'frontend web',
    '  bind :80',
    '  bind :8000',
    ...routers.flatMap(({ rule, service }) =>
      rule.map((all) => `  use_backend ${backendOf(service)} if ${all.map(condition).join(' ')}`),
    ),
    '  default_backend nowhere',
    'backend nowhere',
    '  http-request return status 404',
    ...services.flatMap((service) => backend(service, containers)),
    '',
  ].join('\n');
}

const backendOf = (service: string) => service.replace('@docker', '');

function condition({ not, ...matcher }: Matcher): string {
  return not ? `!${test(matcher)}` : test(matcher);
}

function test({ kind, value }: Matcher): string {
  if (kind === 'Method') return `{ method ${value} }`;
  if (kind === 'Path') return `{ path -m str ${value} }`;
  if (kind === 'PathPrefix') return `{ path -m beg ${value} }`;
  return `{ path -m reg ${value} }`;
}

function backend(service: string, containers: ComposeFile['services']): string[] {
  const name = backendOf(service);
  if (name === service) return [`backend ${name}`, '  http-request return status 503 hdr Retry-After 2'];
  const label = (key: string) =>
    containers[name]?.labels?.[`traefik.http.services.${name}.loadbalancer.${key}`] ?? '';
  return [
    `backend ${name}`,
    '  balance roundrobin',
    `  option httpchk GET ${label('healthcheck.path')}`,
    // Only where there was no answer, and only for what may be repeated.
    '  retry-on conn-failure empty-response response-timeout',
    '  http-request disable-l7-retry unless METH_GET',
    `  server-template replica 8 ${name}:${label('server.port')} check inter ${label('healthcheck.interval')} fall 1 rise 1 resolvers docker init-addr none`,
  ];
}
