import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MODULES } from '../../src/modules.js';
import { EVENT_PATHS } from './event-paths.js';
import { build } from './kustomize.js';
import { ofKind } from './objects.js';

const ROOT = resolve(__dirname, '../..');
const text = readFileSync(join(ROOT, 'deploy/k8s/README.md'), 'utf8');
const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
const where = (block: string, part: string) => [part, block.indexOf(part)] as const;

describe('what deploy/k8s/README.md has one type', () => {
  it('applies folders that there are', () => {
    const folders = [...text.matchAll(/ -k (\S+)/g)].map(([, folder = '']) => folder);
    expect(folders.length).toBeGreaterThan(8);
    expect(folders.filter((folder) => !existsSync(join(ROOT, folder, 'kustomization.yaml')))).toEqual([]);
  });

  it('waits for jobs and looks for pods that there are', async () => {
    const folders = ['overlays/kind', 'overlays/kind/restore', 'load', 'overlays/production'];
    const objects = await build(...folders);
    const jobs = new Set(ofKind(objects, 'Job').map(({ metadata }) => metadata.name));
    const named = [...text.matchAll(/\bjob\/([\w-]+)|delete job ([\w -]+?) --/g)].flatMap(
      ([, one, more = '']) => one ?? more.split(' '),
    );
    // This one is made by the line before it.
    expect(named.filter((name) => !jobs.has(name) && name !== 'backup-now')).toEqual([]);
    const components = new Set(
      ofKind(objects, 'Deployment').map(({ metadata }) => metadata.labels?.['app.kubernetes.io/component']),
    );
    const selected = [...text.matchAll(/app\.kubernetes\.io\/component=(\w+)/g)].map(([, name]) => name);
    expect(selected.filter((name) => !components.has(name))).toEqual([]);
  });

  it('waits for every service and the web page after an upgrade', () => {
    const [, services = ''] = /^for each in ([^;]+); do\n.*deployment\/\$each-service$/m.exec(text) ?? [];
    const wanted = Object.values(MODULES).map(({ service }) => service.replace(/-service$/, ''));
    expect(services.split(' ').toSorted()).toEqual(wanted.toSorted());
    expect(text).toContain('rollout status deployment/frontend');
  });

  it('hands events on again from each module to each that listens to it', () => {
    const [, told = ''] = /^for path in ([^;]+);/m.exec(text) ?? [];
    const paths = told.split(/[\s\\]+/).toSorted();
    expect(paths).toEqual(EVENT_PATHS.map((path) => path.join(':')).toSorted());
  });

  it('restores with services stopped, and forgets neither queues nor events', () => {
    const restores = blocks.filter((block) => block.includes('--replicas=0'));
    expect(restores).toHaveLength(2);
    for (const block of restores) {
      const steps = [
        where(block, '--replicas=0'),
        where(block, '/restore\n'),
        where(block, '# Delete the queues'),
        where(block, 'job/migrate'),
        where(block, '--replicas=2'),
        where(block, '# Hand on events again'),
      ];
      expect(steps.filter(([, at]) => at < 0)).toEqual([]);
      expect(steps).toEqual(steps.toSorted(([, left], [, right]) => left - right));
    }
    // Argo CD would make an empty cluster before the restored one.
    const [, production = ''] = restores;
    const [, suspended] = where(production, '"automated":null');
    expect(suspended).toBeGreaterThanOrEqual(0);
    expect(suspended).toBeLessThan(production.indexOf('delete clusters'));
  });
});
