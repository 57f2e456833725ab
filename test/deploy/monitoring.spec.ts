import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createRequire } from 'node:module';
import { parse } from 'yaml';
import { build } from './kustomize.js';
import { ofKind } from './objects.js';

const ROOT = join(__dirname, '../..');
const RULES = 'deploy/compose/observability/prometheus/rules';
const load = createRequire(__filename);
const { kubernetesRules, names, target } = load('../../scripts/kubernetes-rules.js') as {
  kubernetesRules: () => string;
  names: readonly string[];
  target: string;
};

describe('what Kubernetes monitors', () => {
  it('has the rules of Compose as they are now (npm run kubernetes-rules)', () => {
    expect(readFileSync(join(ROOT, target), 'utf8')).toBe(kubernetesRules());
  });

  it('has each rule of Compose, save those that kube-prometheus-stack brings itself', async () => {
    const files = globSync('*.yml', { cwd: join(ROOT, RULES) }).map((file) => basename(file, '.yml'));
    expect(files.toSorted()).toEqual([...names, 'hosts', 'monitoring'].toSorted());
    const made = ofKind(await build('monitoring'), 'PrometheusRule');
    for (const name of names) {
      const { spec } = made.find(({ metadata }) => metadata.name === `waybill-${name}`) ?? {};
      expect(spec).toEqual(parse(readFileSync(join(ROOT, RULES, `${name}.yml`), 'utf8')));
    }
  });

  it('has every dashboard, where Grafana looks for them, and small enough to be stored', async () => {
    const shown = ofKind(await build('monitoring'), 'ConfigMap').filter(
      ({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1',
    );
    const files = globSync('*.json', { cwd: join(ROOT, 'grafana/dashboards') });
    expect(shown.flatMap(({ data }) => Object.keys(data ?? {})).toSorted()).toEqual(files.toSorted());
    for (const { data } of shown) expect(JSON.stringify(data).length).toBeLessThan(1_000_000);
  });

  it('scrapes jobs of the names that rules and dashboards know, and leaves labels to the metrics', async () => {
    const monitors = ofKind(await build('monitoring'), 'ServiceMonitor');
    expect(monitors.map(({ metadata }) => metadata.name)).toEqual([
      'postgres',
      'rabbitmq',
      'redis',
      'waybill',
    ]);
    for (const { metadata, spec } of monitors)
      expect(spec.endpoints).toMatchObject([
        {
          interval: '15s',
          relabelings: [
            { targetLabel: 'job', replacement: metadata.name },
            { action: 'labeldrop', regex: 'service|endpoint|namespace|container' },
          ],
        },
      ]);
  });
});
