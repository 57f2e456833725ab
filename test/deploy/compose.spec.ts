import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS } from '../../src/common/config/config.js';
import { MODULES } from '../../src/modules.js';
import { composeText, readCompose, variablesIn } from './compose-files.js';
import { EVENT_PATHS } from './event-paths.js';
import { COMPOSE } from './routes.js';

const PLACEMENTS = ['webapp', 'monolith', 'observability'];
const ONE_SHOTS = ['preflight', 'migrate', 'ledger-owner', 'backup-owner', 'backup', 'restore', 'events'];
const all = PLACEMENTS.flatMap((placement) =>
  Object.entries(readCompose(`${placement}/compose.yaml`).services).map(
    ([name, service]) => [`${placement} ${name}`, name, service] as const,
  ),
);
const webapp = readCompose('webapp/compose.yaml').services;

/** Values of a file of variables. */
function example(placement: string): Map<string, string> {
  const lines = composeText(`${placement}/.env.example`).matchAll(/^([A-Z_]+)=(.*)$/gm);
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]));
}

describe('the containers', () => {
  it.each(all)('%s: is of one version, and has no more than it needs', (_title, name, service) => {
    const image = service.image?.replace(/^\$\{WAYBILL_IMAGE:-(.+)\}$/, '$1');
    expect(image).toMatch(/:v?\d+(?:\.\d+)+(?:-[a-z]+)?$/);
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      restart: ONE_SHOTS.includes(name) ? 'no' : 'unless-stopped',
      logging: { options: { 'max-size': '10m' } },
    });
    const limits = service.deploy?.resources.limits;
    expect(limits?.memory).toMatch(/^\d+[MG]$/);
    expect(Number(limits?.cpus)).toBeGreaterThan(0);
    expect(limits?.pids).toBeGreaterThan(0);
  });

  it.each(all.filter(([title]) => !title.startsWith('observability')))(
    '%s: is reached from this machine only, unless it is the door',
    (_title, name, { ports = [] }) => {
      const open = ports.filter((each) => !each.startsWith('127.0.0.1:'));
      expect(open).toEqual(name === 'traefik' ? ['80:80'] : []);
    },
  );

  it('listen at the ports that are known', () => {
    const ports = Object.values(webapp).flatMap((service) => service.ports ?? []);
    for (const port of [5432, 6379, 5672, 9187, 9121, 9419, 9100, 8081, 8080])
      expect(ports).toContain(`127.0.0.1:${port}:${port}`);
    const second = Object.values(readCompose('observability/compose.yaml').services)
      .flatMap((service) => service.ports ?? [])
      .map((each) => each.split(':').at(-1));
    expect(second).toEqual(expect.arrayContaining(['9090', '3100', '3200', '4317', '3000', '9093']));
  });

  it.each(all)('%s: gets at Docker through the keyhole alone', (_title, name, { user, volumes = [] }) => {
    // Its socket, its folder with the environment of every container, and the processes in whose /proc both are.
    const docker = ['/run/docker.sock', '/var/run/docker.sock', '/var/lib/docker/containers', '/proc'];
    const sources = volumes.map((each) => each.split(':')[0] ?? '');
    const near = sources.filter((source) =>
      docker.some(
        (path) => path.startsWith(source) && /^(?:\/|$)/.test(path.slice(source.replace(/\/$/, '').length)),
      ),
    );
    // Both are closed to nobody.
    const allowed = name === 'docker-proxy' ? ['/var/run/docker.sock'] : user === '65534:65534' ? ['/'] : [];
    expect(allowed).toEqual(expect.arrayContaining(near));
  });

  it.each(all)('%s: shows no password in what Docker tells of it', (_title, _name, service) => {
    // The environment is taken out by docker-proxy; the rest is not.
    const shown = [...variablesIn(JSON.stringify({ ...service, environment: {} }))];
    expect(shown.filter((name) => /PASSWORD|TOKEN|_URL$/.test(name))).toEqual([]);
  });

  it('tell by cAdvisor what rules and dashboards ask for', () => {
    const command = webapp['cadvisor']?.command;
    expect(command).toEqual(expect.arrayContaining(['--enable_metrics=cpu,memory']));
    const repository = join(COMPOSE, '../..');
    const used = ['deploy/compose/observability/prometheus/rules', 'grafana/dashboards']
      .flatMap((folder) => globSync(`${folder}/*.{yml,json}`, { cwd: repository }))
      .flatMap(
        (file) => readFileSync(join(repository, file), 'utf8').match(/\bcontainer_[a-z_]+_[a-z]+\b/g) ?? [],
      )
      .filter((metric) => !metric.startsWith('container_label_'));
    expect(used).not.toEqual([]);
    for (const metric of used) expect(metric).toMatch(/^container_(?:cpu|memory|spec_memory)_/);
  });
});

describe('TLS', () => {
  const overlay = (placement: string, kind: string) =>
    readCompose(`${placement}/compose.tls-${kind}.yaml`).services['traefik'];

  it.each(['file', 'acme'])('by %s: is the same for both placements', (kind) => {
    const { ports, volumes = [] } = overlay('webapp', kind) ?? {};
    expect(ports).toEqual(['443:443']);
    expect(volumes[0]).toBe(`./traefik/tls/${kind}.yml:/etc/traefik/dynamic/tls.yml:ro`);
    expect(overlay('monolith', kind)).toEqual({
      ports,
      volumes: volumes.map((each) => each.replace('./traefik', '../webapp/traefik')),
    });
  });
});

describe('the memory', () => {
  const mebibytes = (limit: string) => Number.parseInt(limit, 10) * (limit.endsWith('G') ? 1024 : 1);

  it.each(PLACEMENTS)('of %s: may come to what its README says', (placement) => {
    const running = Object.entries(readCompose(`${placement}/compose.yaml`).services).filter(
      ([name]) => !ONE_SHOTS.includes(name),
    );
    const sum = running.reduce(
      (total, [, { deploy }]) => total + mebibytes(deploy?.resources.limits.memory ?? ''),
      0,
    );
    const [, told] =
      new RegExp(`^\\| \\[${placement}\\].*?\\| ([\\d,]+) MiB +\\|`, 'm').exec(composeText('README.md')) ??
      [];
    expect([placement, told]).toEqual([placement, sum.toLocaleString('en')]);
  });
});

describe('the modules', () => {
  const modules = Object.entries(MODULES).map(
    ([module, { service, port }]) => [module, service, port] as const,
  );

  it.each(modules)('%s: knows its own database and no other', (module, service, port) => {
    const { environment = {}, labels } = webapp[service] ?? {};
    expect(environment).toMatchObject({ MODULES: module });
    const urls = Object.entries(environment).filter(([name]) => name.endsWith('DATABASE_URL'));
    expect(urls).toEqual([
      [
        `${module.toUpperCase()}_DATABASE_URL`,
        `postgres://waybill_${module}:\${${module.toUpperCase()}_DB_PASSWORD}@postgres:5432/waybill`,
      ],
    ]);
    expect(labels).toMatchObject({ 'metrics.job': 'waybill', 'metrics.port': String(port) });
  });

  it('wait for migrations, which alone know the administrator', () => {
    for (const [, service] of modules)
      expect(webapp[service]?.depends_on).toMatchObject({
        migrate: { condition: 'service_completed_successfully' },
        rabbitmq: { condition: 'service_healthy' },
      });
    const knowing = Object.entries(webapp).filter(([, { environment }]) => environment?.['DATABASE_URL']);
    expect(knowing.map(([name]) => name)).toEqual(['migrate']);
    expect(readCompose('monolith/compose.yaml').services['waybill']?.environment).not.toHaveProperty(
      'DATABASE_URL',
    );
  });

  it('are given settings that there are', () => {
    const ours = all.filter(
      ([, name, { image }]) => image?.includes('waybill:') && !['gateway', 'events'].includes(name),
    );
    expect(ours.length).toBeGreaterThan(8);
    for (const [, , { environment = {} }] of ours)
      for (const name of Object.keys(environment)) expect(Object.keys(SETTINGS)).toContain(name);
  });
});

describe('the variables', () => {
  it.each(PLACEMENTS)('of %s: all that are used are in its example, and the reverse', (placement) => {
    const used = variablesIn(JSON.stringify(readCompose(`${placement}/compose.yaml`)));
    expect([...example(placement).keys()].toSorted()).toEqual([...used].toSorted());
  });

  it('of the laptop: those of both', () => {
    const both = new Set([...example('webapp').keys(), ...example('observability').keys()]);
    expect([...example('laptop').keys()].toSorted()).toEqual([...both].toSorted());
  });

  it('say how many there are of what may have replicas, so that `up` keeps to it', () => {
    for (const name of [...Object.values(MODULES).map(({ service }) => service), 'gateway']) {
      const variable = `${name.toUpperCase().replace('-', '_')}_REPLICAS`;
      expect([name, webapp[name]?.scale]).toEqual([name, `\${${variable}:-1}`]);
      expect(example('webapp').get(variable)).toBe('1');
    }
  });

  it('that are secret are marked as published, so that production refuses them', () => {
    for (const [name, value] of [...example('webapp'), ...example('monolith')])
      if (name.endsWith('_PASSWORD') && name !== 'WAYBILL_PASSWORD' && value !== 'none')
        expect([name, value]).toEqual([name, expect.stringMatching(/^lab-only-/)]);
    expect(webapp['preflight']?.environment?.['SECRETS']?.match(/\$\{\w+_PASSWORD/g)).toHaveLength(10);
  });
});

describe('docs/deployment.md', () => {
  const text = readFileSync(join(COMPOSE, '../../docs/deployment.md'), 'utf8');

  it('hands events on again from each module to each that listens to it', () => {
    const [, told = ''] = /^for path in ([^;]+);/m.exec(text) ?? [];
    const paths = told.split(/[\s\\]+/).toSorted();
    expect(paths).toEqual(EVENT_PATHS.map((path) => path.join(':')).toSorted());
  });

  it('says of every password how to change it', () => {
    const ofModules = Object.keys(MODULES).map((module) => `${module.toUpperCase()}_DB_PASSWORD`);
    const rows = new Set([...text.matchAll(/^\| `([A-Z_]+PASSWORD)`/gm)].map(([, name = '']) => name));
    const secrets = ['webapp', 'monolith', 'observability']
      .flatMap((placement) => [...example(placement)])
      .filter(([, value]) => value.startsWith('lab-only-'))
      .map(([name]) => name);
    // One row is for all modules.
    const expected = new Set(secrets.map((name) => (ofModules.includes(name) ? 'ORDERS_DB_PASSWORD' : name)));
    expect([...rows].toSorted()).toEqual([...expected].toSorted());
  });
});

describe('the scripts', () => {
  const PREFLIGHT = join(COMPOSE, 'webapp/jobs/preflight.sh');
  const preflight = (env: Record<string, string>) =>
    execFileSync('sh', [PREFLIGHT], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: 'pipe',
    }).toString();

  it('refuse production with a published password, and warn of the lab', () => {
    expect(() => preflight({ NODE_ENV: 'production', SECRETS: 'good lab-only-redis' })).toThrow(/REFUSED/);
    expect(preflight({ NODE_ENV: 'production', SECRETS: 'good better' })).toBe('');
    expect(
      preflight({ NODE_ENV: 'production', SECRETS: 'good', GATEWAY_URL: 'http://gateway:8010' }),
    ).toMatch(/^WARNING: payments go to the mock gateway/);
    expect(preflight({ NODE_ENV: 'development', SECRETS: 'lab-only-redis' })).toMatch(/THIS IS A LAB/);
  });

  it('keep a day of backups by the hour and two weeks by the day, and none that broke off', () => {
    const folder = mkdtempSync(join(tmpdir(), 'waybill-backups-'));
    try {
      const hour = 3_600_000;
      const newest = Date.parse('2026-11-28T20:31:32Z');
      const name = (at: number) => `waybill-${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')}.dump`;
      const all = Array.from({ length: 20 * 24 }, (_, index) => newest - index * hour);
      for (const at of all) writeFileSync(join(folder, name(at)), '');
      for (const each of ['.waybill-old.part', '.waybill-new.part', 'notes.txt'])
        writeFileSync(join(folder, each), '');
      const longAgo = new Date(Date.now() - 25 * hour);
      utimesSync(join(folder, '.waybill-old.part'), longAgo, longAgo);
      execFileSync('bash', [join(COMPOSE, 'webapp/jobs/prune.sh'), folder]);
      const lastOfDays = all.filter((at) => new Date(at + hour).getUTCDate() !== new Date(at).getUTCDate());
      const expected = new Set([...all.slice(0, 24), ...lastOfDays.slice(0, 13)].map(name));
      expect(readdirSync(folder).toSorted()).toEqual(
        [...expected, '.waybill-new.part', 'notes.txt'].toSorted(),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('put a random password in place of each published one, and change nothing else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'waybill-secrets-'));
    try {
      const file = join(folder, '.env');
      copyFileSync(join(COMPOSE, 'webapp/.env.example'), file);
      execFileSync('bash', [join(COMPOSE, 'webapp/secrets.sh'), file]);
      const before = composeText('webapp/.env.example').split('\n');
      const after = readFileSync(file, 'utf8').split('\n');
      const changed = after.filter((line, index) => line !== before[index]);
      expect(changed).toHaveLength(10);
      for (const line of changed) expect(line).toMatch(/^[A-Z_]+_PASSWORD=[0-9a-f]{48}$/);
      expect(new Set(changed.map((line) => line.split('=')[1])).size).toBe(10);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
