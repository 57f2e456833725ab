import { schemaProblems } from './compiler.js';
import { build } from './kustomize.js';
import { type KubeObject, the } from './objects.js';

const FOLDERS = [
  'overlays/kind',
  'overlays/kind/restore',
  'overlays/production',
  'overlays/production/restore',
  'monitoring',
  'load',
];

describe('the manifests for Kubernetes', () => {
  it('are understood by Kubernetes and the operators, to the last field', async () => {
    expect(schemaProblems(await build(...FOLDERS))).toEqual([]);
  });

  it('are built with a name for each object once', async () => {
    for (const folder of FOLDERS) {
      const names = (await build(folder)).map(
        ({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`,
      );
      expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    }
  });

  it('are all in the one namespace', async () => {
    const objects = await build(...FOLDERS);
    const elsewhere = objects.filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'waybill',
    );
    expect(elsewhere).toEqual([]);
  });

  type Plant = [what: string, plant: (objects: KubeObject[]) => unknown, found: RegExp];
  const plants: Plant[] = [
    [
      'a field that there is not',
      (objects) => Object.assign(containerOf(objects), { livenesProbe: {} }),
      /Deployment order-service: .*'"livenesProbe"' does not exist/,
    ],
    [
      'a value that may not be',
      (objects) =>
        Object.assign(the(objects, 'PodDisruptionBudget', 'order-service').spec ?? {}, {
          unhealthyPodEvictionPolicy: 'Always',
        }),
      /PodDisruptionBudget order-service: .*"Always"/,
    ],
    [
      'a field that is missing',
      (objects) =>
        delete (the(objects, 'Deployment', 'user-service').spec as { selector?: unknown }).selector,
      /Deployment user-service: .*selector.* missing/,
    ],
    [
      'a field of an operator that there is not',
      (objects) => Object.assign(the(objects, 'Cluster', 'postgres').spec, { replicas: 3 }),
      /Cluster postgres: .*'"replicas"' does not exist/,
    ],
    [
      'a field of Prometheus that there is not',
      (objects) => Object.assign(the(objects, 'ServiceMonitor', 'waybill').spec, { intervall: '15s' }),
      /ServiceMonitor waybill: .*'"intervall"' does not exist/,
    ],
    [
      'a kind that nobody knows',
      (objects) => objects.push({ apiVersion: 'apps/v1', kind: 'Deploymint', metadata: { name: 'x' } }),
      /Deploymint x: .*IDeploymint/,
    ],
    [
      'a version that is gone',
      (objects) =>
        Object.assign(the(objects, 'HorizontalPodAutoscaler', 'order-service'), {
          apiVersion: 'autoscaling/v3',
        }),
      /HorizontalPodAutoscaler order-service: Cannot find module/,
    ],
  ];

  it('are refused with each planted mistake', async () => {
    const objects = await build('overlays/production');
    for (const [, plant] of plants) plant(objects);
    const problems = schemaProblems(objects);
    for (const [what, , found] of plants)
      expect([what, problems]).toEqual([what, expect.arrayContaining([expect.stringMatching(found)])]);
    expect(problems).toHaveLength(plants.length);
  });
});

function containerOf(objects: readonly KubeObject[]): object {
  return the(objects, 'Deployment', 'order-service').spec?.template.spec?.containers[0] ?? {};
}
