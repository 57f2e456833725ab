import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DataFolder, newPassword } from './data-folder.js';
import type { Installation } from './postmaster.js';
import { cannotRun, cleanEnvironment } from './programs-environment.js';
import type { RunAs } from './run-as.js';

export const superuser = 'waybill';

const draftPrefix = 'cluster.draft-';

/**
 * Makes a new cluster, whole or not at all: it gets its name last, so that a run killed in the middle leaves a draft
 * which the next one sweeps away.
 */
export async function createCluster(folder: DataFolder, { programs, cluster }: Installation): Promise<void> {
  const home = dirname(cluster.path);
  sweepDrafts(home);
  const draft = mkdtempSync(join(home, draftPrefix));
  const passwordCopy = `${draft}.password`;
  try {
    writeFileSync(passwordCopy, newPassword(folder), { mode: 0o600 });
    giveTo(cluster.runAs, draft, passwordCopy);
    await runInitdb(join(programs, 'initdb'), draft, passwordCopy, cluster.runAs);
    renameSync(draft, cluster.path);
    if (cluster.path !== folder.clusterLink) symlinkSync(cluster.path, folder.clusterLink);
  } finally {
    sweepDrafts(home);
  }
}

function giveTo(runAs: RunAs | undefined, ...paths: string[]): void {
  if (runAs) for (const path of paths) chownSync(path, runAs.uid, runAs.gid);
}

function sweepDrafts(home: string): void {
  for (const name of readdirSync(home)) {
    if (name.startsWith(draftPrefix)) rmSync(join(home, name), { recursive: true, force: true });
  }
}

function runInitdb(
  program: string,
  target: string,
  passwordFile: string,
  runAs: RunAs | undefined,
): Promise<void> {
  const options = [
    ['-D', target, '-U', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--no-instructions'],
    // The builtin provider sorts and folds case the same way on every machine, whatever locales it has.
    ['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(program, options.flat(), {
      ...runAs,
      cwd: '/',
      env: cleanEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString()).slice(-2000)));
    child.on('error', (error) => reject(cannotRun(program, error)));
    child.on('close', (code) => {
      const reason = complaint.trim() || `initdb ended with ${code}`;
      if (code === 0) resolve();
      else reject(new Error(`the embedded PostgreSQL could not make its database: ${reason}`));
    });
  });
}
