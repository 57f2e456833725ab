import type { IContainer } from 'kubernetes-models/v1';
import { type KubeObject, matches, nameOf, ofKind, type Workload, workloads } from './objects.js';

/** How long a process gives itself to end (src/exit.ts), and a little for the kubelet. */
const EXIT_SECONDS = 10;

/** What is wrong with how pods are run: limits, rights, probes, replacement, scaling. Empty when all is well. */
export function workloadProblems(objects: readonly KubeObject[]): string[] {
  const all = workloads(objects);
  return [
    ...all.flatMap((workload) => [
      ...podProblems(workload),
      ...workload.containers.flatMap((each) => containerProblems(workload, each)),
    ]),
    ...deploymentProblems(objects),
    ...all.filter(isService).flatMap((workload) => serviceProblems(workload, objects)),
    ...selectorProblems(objects, all),
  ];
}

/** The modules, and the web page. */
export const isService = ({ labels }: Workload) =>
  ['service', 'frontend'].includes(labels['app.kubernetes.io/component'] ?? '');
const unless = (holds: boolean | undefined, problem: string) => (holds ? [] : [problem]);

function podProblems({ kind, name, pod, labels }: Workload): string[] {
  const rights = pod.securityContext;
  return [
    ...unless(rights?.runAsNonRoot === true && (rights.runAsUser ?? 0) > 0, 'may run as root'),
    ...unless(rights?.seccompProfile?.type === 'RuntimeDefault', 'has no seccomp profile'),
    ...unless(pod.automountServiceAccountToken === false, 'has a token of Kubernetes'),
    ...unless(
      labels['app.kubernetes.io/name'] === name.replace(/-now$/, ''),
      'is not labelled with its name',
    ),
    ...unless(labels['app.kubernetes.io/part-of'] === 'waybill', 'is not labelled as part of Waybill'),
  ].map((problem) => `${kind} ${name} ${problem}`);
}

function containerProblems({ kind, name }: Workload, container: IContainer): string[] {
  const { resources, securityContext: rights, image = '' } = container;
  const isServer = kind === 'Deployment' || kind === 'StatefulSet';
  const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'] as const;
  return [
    ...(['requests', 'limits'] as const).flatMap((bound) =>
      (['cpu', 'memory'] as const).flatMap((what) =>
        unless(resources?.[bound]?.[what] !== undefined, `has no ${bound} of ${what}`),
      ),
    ),
    ...unless(rights?.readOnlyRootFilesystem === true, 'may write into its image'),
    ...unless(rights?.allowPrivilegeEscalation === false, 'may gain privileges'),
    ...unless(rights?.capabilities?.drop?.includes('ALL') && !rights.capabilities.add, 'keeps capabilities'),
    ...(isServer ? probes.flatMap((probe) => unless(container[probe] !== undefined, `has no ${probe}`)) : []),
    ...unless(isVersion(image), `runs ${image}, which is no version`),
  ].map((problem) => `${kind} ${name} ${problem}`);
}

/** What is built on this machine and loaded into kind has no registry that could give another one. */
const isVersion = (image: string) => /:v?\d+\.\d+[\w.-]*$/.test(image) || image === 'waybill:kind';

function deploymentProblems(objects: readonly KubeObject[]): string[] {
  return ofKind(objects, 'Deployment').flatMap((each) => {
    const { strategy } = each.spec ?? {};
    const noneLess = strategy?.type === 'RollingUpdate' && strategy.rollingUpdate?.maxUnavailable === 0;
    return unless(noneLess, `${nameOf(each)} loses a pod while it is replaced`);
  });
}

/** Two at least, more under load, spread, and never all away at once. */
function serviceProblems(
  { name, pod, containers, labels }: Workload,
  objects: readonly KubeObject[],
): string[] {
  const scaler = ofKind(objects, 'HorizontalPodAutoscaler').find(
    ({ spec }) => spec?.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === name,
  )?.spec;
  const target = (what: string) =>
    scaler?.metrics?.find(({ resource }) => resource?.name === what)?.resource?.target.averageUtilization;
  const budgets = ofKind(objects, 'PodDisruptionBudget').filter(({ spec }) =>
    matches(labels, spec?.selector?.matchLabels),
  );
  const spread = (pod.topologySpreadConstraints ?? []).filter(({ labelSelector }) =>
    matches(labels, labelSelector?.matchLabels),
  );
  const pause = containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
  return [
    ...unless((scaler?.minReplicas ?? 0) >= 2 && (scaler?.maxReplicas ?? 0) > 2, 'is not scaled from two on'),
    ...unless(target('cpu') === 70 && target('memory') === 80, 'is not scaled by 70 % CPU and 80 % memory'),
    ...unless(
      budgets.length === 1 && budgets[0]?.spec?.maxUnavailable === 1,
      'has not one disruption budget',
    ),
    ...['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].flatMap((key) =>
      unless(
        spread.some(({ topologyKey }) => topologyKey === key),
        `is not spread over ${key}`,
      ),
    ),
    ...unless(pause > 0, 'ends before it is out of the load balancers'),
    ...unless(
      (pod.terminationGracePeriodSeconds ?? 0) >= pause + EXIT_SECONDS,
      'is killed before it has drained',
    ),
  ].map((problem) => `Deployment ${name} ${problem}`);
}

/** What looks for pods finds some, and Deployments their own. */
function selectorProblems(objects: readonly KubeObject[], all: readonly Workload[]): string[] {
  const owners = [...ofKind(objects, 'Deployment'), ...ofKind(objects, 'StatefulSet')].flatMap((each) => {
    const { selector, template } = each.spec ?? {};
    const wanted = selector?.matchLabels ?? {};
    const own = Object.keys(wanted).length > 0 && matches(template?.metadata?.labels ?? {}, wanted);
    const found = all.filter(({ kind, labels }) => kind === each.kind && matches(labels, wanted));
    return unless(own && found.length === 1, `${nameOf(each)} does not select its own pods alone`);
  });
  const scalers = ofKind(objects, 'HorizontalPodAutoscaler').flatMap((each) => {
    const { name } = each.spec?.scaleTargetRef ?? { name: '' };
    return unless(
      all.some((one) => one.kind === 'Deployment' && one.name === name),
      `${nameOf(each)} scales nothing`,
    );
  });
  return [...owners, ...scalers];
}
