import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { register } from 'prom-client';
import { SETTINGS } from '../../src/common/config/config.js';
import { errorCatalogue } from '../../src/common/errors/domain-error.js';
import { collectProcessMetrics } from '../../src/common/telemetry/process-metrics.js';
import type { EventType } from '../../src/common/messaging/contract.js';

const load = createRequire(__filename);
const ROOT = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The first column of every table in a page. */
function listed(path: string): string[] {
  return [...read(path).matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name ?? '').toSorted();
}

/** Everything exported by the files of that name. */
function exportsOf(pattern: string): unknown[] {
  const files = globSync(pattern, { cwd: join(ROOT, 'src') });
  expect(files.length).toBeGreaterThan(0);
  return files.flatMap((file) => Object.values(load(join(ROOT, 'src', file)) as object) as unknown[]);
}

describe('the documentation', () => {
  it('lists every error code, with its status, and no other', () => {
    exportsOf('**/*.errors.ts');
    expect(listed('docs/errors.md')).toEqual([...errorCatalogue().keys()].toSorted());
    for (const [code, { status }] of errorCatalogue()) {
      expect(read('docs/errors.md')).toMatch(new RegExp(`\`${code}\` +\\| ${status} +\\|`));
    }
  });

  it('lists every setting, and no other', () => {
    expect(listed('docs/configuration.md')).toEqual(Object.keys(SETTINGS).toSorted());
    const example = [...read('.env.example').matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(example).toEqual(Object.keys(SETTINGS));
  });

  it('lists every event, and no other', () => {
    const declared = exportsOf('modules/*/*.contract.ts')
      .filter((each): each is Record<string, EventType> => typeof each === 'object' && each !== null)
      .flatMap((each) => Object.values(each))
      .filter((each) => typeof each === 'object' && each !== null && 'routingKey' in each)
      .map(({ name }) => name);
    expect(listed('docs/events.md')).toEqual(declared.toSorted());
  });

  it('lists every metric with its labels, and no other', () => {
    exportsOf('**/*.metrics.ts');
    collectProcessMetrics(['order-service']);
    const metrics = register.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[];
    expect(listed('docs/metrics.md')).toEqual(metrics.map(({ name }) => name).toSorted());
    const page = read('docs/metrics.md');
    for (const { name, labelNames } of metrics) {
      const [, labels = ''] = new RegExp(`^\\| \`${name}\` +\\|[^|]+\\|([^|]*)\\|`, 'm').exec(page) ?? [];
      const told = [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label);
      expect([name, told]).toEqual([name, labelNames.filter((label) => label !== 'service')]);
    }
  });

  it('has a page for each module', () => {
    const modules = globSync('modules/*/', { cwd: join(ROOT, 'src') });
    expect(modules).toHaveLength(6);
    for (const module of modules) expect(read(join('src', module, 'README.md')).length).toBeGreaterThan(200);
  });
});
