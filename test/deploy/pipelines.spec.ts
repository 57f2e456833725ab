import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { parse } from 'yaml';
import { SERVICES } from '../../deploy/chaos/options.js';
import { type Block, readJenkinsfile } from './declarative.js';
import { build } from './kustomize.js';
import { type KubeObject, nameOf } from './objects.js';
import { shellcheck } from './shellcheck.js';

const ROOT = resolve(__dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const WORKFLOW = '.github/workflows/ci.yml';

interface Step {
  name: string;
  run?: string;
  uses?: string;
  if?: string;
  'timeout-minutes'?: number;
}

interface Workflow {
  permissions: Record<string, string>;
  concurrency: object;
  jobs: Record<string, { 'timeout-minutes': number; steps: Step[] }>;
}

/** By GitHub's own parser. */
async function complaintsOf(workflow: string): Promise<string[]> {
  const program = [join(ROOT, 'scripts/run-ts.js'), join(__dirname, 'workflow-complaints.ts')];
  const asked = promisify(execFile)(process.execPath, program);
  asked.child.stdin?.end(workflow);
  return JSON.parse((await asked).stdout) as string[];
}

describe('the workflow on GitHub', () => {
  const { permissions, concurrency, jobs } = parse(read(WORKFLOW)) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('is one, by its own parser', async () => {
    expect(await complaintsOf(read(WORKFLOW))).toEqual([]);
    expect(await complaintsOf(read(WORKFLOW).replace('runs-on:', 'run-on:'))).not.toEqual([]);
    expect(await complaintsOf(read(WORKFLOW).replace('github.sha ||', 'github.sha |'))).not.toEqual([]);
  });

  it('may read the repository and nothing else, stands alone for its branch, and comes to an end', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(concurrency).toMatchObject({ 'cancel-in-progress': true });
    const limits = [...Object.values(jobs), ...steps].map((each) => each['timeout-minutes']);
    expect(limits.filter((limit) => !(Number(limit) > 0))).toEqual([]);
  });

  it('takes exact releases of actions', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(2);
    expect(actions.filter((action) => !/^actions\/[a-z-]+@v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  });
});

describe('the Jenkinsfile', () => {
  const source = read('Jenkinsfile');

  it('is a declarative pipeline', () => {
    const { name, children } = readJenkinsfile(source);
    expect([name, ...children.map((each) => each.name)]).toEqual([
      'pipeline',
      'agent',
      'options',
      'stages',
      'post',
    ]);
  });

  it.each([
    ['an unknown section', source.replace('  stages {', '  stagse {'), 'stagse has no place in pipeline'],
    ['a brace too few', source.replace(/}\n$/, ''), 'pipeline is not closed'],
    ['a brace too many', `${source}}\n`, 'nothing is open'],
    ['a stage without steps', source.replace(/steps {[^{}]*}/, ''), 'stage lacks steps'],
    ['an unknown step', source.replace('checkout scm', 'shell scm'), 'shell has no place in steps'],
    ['a quote too few', source.replace("pipeline.sh test'", 'pipeline.sh test'), 'cannot be read'],
  ])('is read so that %s is seen', (_what, broken, why) => {
    expect(broken).not.toBe(source);
    expect(() => readJenkinsfile(broken)).toThrow(why);
  });
});

describe('both pipelines', () => {
  /** `Test: test`: the stage, and the step of deploy/pipeline.sh that it runs. */
  const STEP = /deploy\/pipeline\.sh ([a-z-]+)/;
  const pipeline = readJenkinsfile(read('Jenkinsfile'));
  const child = (block: Block | undefined, name: string) =>
    block?.children.find((each) => each.name === name);
  const stages = child(pipeline, 'stages')?.children ?? [];
  const afterwards = child(child(pipeline, 'post'), 'always')?.children ?? [];
  const { jobs } = parse(read(WORKFLOW)) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('have the same stages, in one order', () => {
    const inJenkins = stages.map((stage) => {
      const [, name] = /'(.*)'/.exec(stage.args) ?? [];
      const [, step] =
        STEP.exec(
          child(stage, 'steps')
            ?.children.map(({ args }) => args)
            .join() ?? '',
        ) ?? [];
      return `${name}: ${step ?? ''}`;
    });
    const onGitHub = steps
      .filter((step) => !step.if && (step.name === 'Checkout' || STEP.test(step.run ?? '')))
      .map(({ name, run }) => `${name}: ${STEP.exec(run ?? '')?.[1] ?? ''}`);
    expect(inJenkins).toEqual(onGitHub);
    expect(inJenkins).toHaveLength(9);
  });

  it('run each step of deploy/pipeline.sh', () => {
    const known = [...read('deploy/pipeline.sh').matchAll(/^ {2}([a-z-]+)\) [a-z_]+ ;;$/gm)].map(
      ([, step]) => step,
    );
    const used = [...read(WORKFLOW).matchAll(new RegExp(STEP, 'g'))].map(([, step]) => step);
    expect(new Set(used.filter((step) => known.includes(step)))).toEqual(new Set(known));
    expect(known).toHaveLength(9);
  });

  it('clean up and publish the reports however it went', () => {
    expect(afterwards.map(({ name }) => name)).toEqual(['sh', 'archiveArtifacts', 'junit']);
    expect(afterwards[0]?.args).toContain('clean-up');
    const always = steps.filter((step) => step.if === 'always()').map(({ run, uses }) => run ?? uses ?? '');
    expect(always[0]).toContain('clean-up');
    expect(always.at(-1)).toMatch(/^actions\/upload-artifact@/);
  });

  it('wait for the services that there are', () => {
    const [, listed = ''] = /^readonly SERVICES=\(([^)]*)\)/m.exec(read('deploy/pipeline.sh')) ?? [];
    expect(listed.trim().split(/\s+/)).toEqual([...SERVICES]);
  });
});

describe("kind's door", () => {
  const script = read('deploy/pipeline.sh');
  const readme = read('deploy/k8s/README.md');

  /** As `helm` is told it, whatever the lines; by `name=value`. */
  const chart = (text: string) => {
    const [command = ''] = /helm upgrade (?:--install )?traefik traefik(?:.*\\\n)+.*/.exec(text) ?? [];
    const version = /--version "?([\w.$]+)"?/.exec(command)?.[1] ?? '';
    const values = [...command.matchAll(/--set ([\w.]+)=(\w+)/g)].map(([, name = '', value]) => [
      name,
      value,
    ]);
    return { version, values: Object.fromEntries(values) as Record<string, string> };
  };

  it('is where the cluster lets requests in, by values that the chart knows', () => {
    const { nodes } = parse(read('deploy/k8s/kind-cluster.yaml')) as {
      nodes: { extraPortMappings?: { containerPort: number; hostPort: number }[] }[];
    };
    const [, version = ''] = /^readonly TRAEFIK_CHART=(.*)$/m.exec(script) ?? [];
    // Since its version 40 the Service is written as Kubernetes has it. `service.type` is ignored without a word.
    expect(Number.parseInt(version, 10)).toBeGreaterThanOrEqual(40);
    const wanted = {
      'service.spec.type': 'NodePort',
      'ports.web.nodePort': String(nodes[0]?.extraPortMappings?.[0]?.containerPort),
    };
    expect(chart(script)).toEqual({ version: '$TRAEFIK_CHART', values: wanted });
    expect(chart(readme)).toEqual({ version, values: wanted });
    expect(script).toContain(`URL=http://127.0.0.1:${nodes[0]?.extraPortMappings?.[0]?.hostPort}`);
  });
});

describe('shell scripts', () => {
  it('pass shellcheck', async () => {
    const scripts = globSync('{.ci/run,deploy/**/*.sh}', { cwd: ROOT });
    expect(scripts.length).toBeGreaterThan(4);
    await promisify(execFile)(shellcheck(), ['--severity=warning', ...scripts], { cwd: ROOT });
    const bad = promisify(execFile)('sh', ['-c', `echo 'rm $1/*' | ${shellcheck()} --shell=bash -`]);
    await expect(bad).rejects.toThrow('Command failed');
  });
});

describe("Argo CD's Application", () => {
  const application = parse(read('deploy/argocd/application.yaml')) as Record<string, unknown>;

  /** What the compiler says of it as an Application: it refuses fields that there are not. */
  function complaints(value: object): string[] {
    const file = join(__dirname, 'application.ts');
    const text = `import type { IApplication } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application';
      export const application: IApplication = ${JSON.stringify(value)};`;
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    };
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists } = host;
    host.fileExists = (path) => path === file || fileExists(path);
    host.getSourceFile = (path, ...rest) =>
      path === file ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest);
    return ts
      .getPreEmitDiagnostics(ts.createProgram([file], options, host))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }

  it('is what its definition allows, and deploys what is there', () => {
    expect(complaints(application)).toEqual([]);
    const { spec } = application as { spec: { source: { path: string }; syncPolicy: object } };
    expect(complaints({ ...application, spec: { ...spec, syncPolcy: {} } }).join()).toContain('syncPolcy');
    expect(spec.source.path).toBe('deploy/k8s/overlays/production');
    expect(spec.syncPolicy).toMatchObject({ automated: { prune: true, selfHeal: true } });
  });

  /** Argo CD is done with a wave when all in it is healthy, and gives up when something in it is degraded. */
  describe('in waves', () => {
    const NEEDS_SERVICES = ['Deployment', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Ingress'];
    const waveOf = ({ metadata: { annotations } }: KubeObject) =>
      Number(annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);

    it('has stores, then the migration, and last what is not healthy before services run', async () => {
      const waves = (await build('overlays/production')).map((each) => ({ ...each, wave: waveOf(each) }));
      const in0 = waves.filter(({ wave }) => wave === 0).map(({ kind }) => kind);
      const in2 = waves.filter(({ wave }) => wave === 2).map(({ kind }) => kind);
      expect(new Set(in2)).toEqual(new Set(NEEDS_SERVICES));
      expect(in0.filter((kind) => NEEDS_SERVICES.includes(kind))).toEqual([]);
      expect(in0).toEqual(expect.arrayContaining(['Cluster', 'RabbitmqCluster', 'RedisReplication']));
      expect(waves.filter(({ wave }) => wave !== 0 && wave !== 2).map(nameOf)).toEqual(['Job migrate']);
      expect(waves.find(({ kind }) => kind === 'Job')).toMatchObject({ wave: 1 });
    });

    it('deletes nothing that keeps data because it is gone from the repository', async () => {
      const KEPT = ['Namespace', 'Cluster', 'RabbitmqCluster'];
      const kept = (await build('overlays/production')).filter(({ kind }) => KEPT.includes(kind));
      expect(kept).toHaveLength(KEPT.length);
      for (const each of kept)
        expect(each.metadata.annotations).toMatchObject({ 'argocd.argoproj.io/sync-options': 'Prune=false' });
    });

    it('compares by what the API server would change', () => {
      expect(application).toMatchObject({
        metadata: { annotations: { 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' } },
        spec: { syncPolicy: { syncOptions: expect.arrayContaining(['ServerSideApply=true']) as unknown } },
      });
    });
  });
});
