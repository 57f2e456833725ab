import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStartedAt } from './process-identity.js';

/** A claim on a data folder that ends with `release()` or with the process, however that ends. */
export interface FolderOwner {
  release(): void;
}

interface OwnerRecord {
  pid: number;
  startedAt: string;
}

const ownerFile = /^owner\.(\d+)\.json$/;

/**
 * Claims a folder for this process. A claim is a numbered file, and the highest number counts; a new claim is the
 * next number, made by `link`, which only one of several rivals can do. The highest file is never deleted, only
 * emptied, or a slow rival could take an old number and believe itself the owner.
 *
 * @throws when a live process, this one included, owns the folder
 */
export function claimFolder(folder: string): FolderOwner {
  for (;;) {
    const latest = latestClaim(folder);
    const holder = readClaim(folder, latest);
    if (holder && processStartedAt(holder.pid) === holder.startedAt) throw new FolderInUse(holder.pid);
    const mine = latest + 1;
    if (!publish(folder, mine)) continue;
    if (latestClaim(folder) === mine) {
      dropOlderClaims(folder, mine);
      return { release: () => replaceClaim(folder, mine, '{}') };
    }
    rmSync(claimPath(folder, mine), { force: true });
  }
}

class FolderInUse extends Error {
  constructor(pid: number) {
    super(`another Waybill (pid ${pid}) uses this data folder; stop it, or set DATA_DIR`);
  }
}

function claimPath(folder: string, number: number): string {
  return join(folder, `owner.${number}.json`);
}

function claimNumbers(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => Number(ownerFile.exec(name)?.[1] ?? []));
}

function latestClaim(folder: string): number {
  return Math.max(0, ...claimNumbers(folder));
}

function readClaim(folder: string, number: number): OwnerRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(claimPath(folder, number), 'utf8')) as Partial<OwnerRecord>;
    return record.pid && record.startedAt ? { pid: record.pid, startedAt: record.startedAt } : undefined;
  } catch {
    return undefined;
  }
}

function publish(folder: string, number: number): boolean {
  const draft = writeDraft(
    folder,
    JSON.stringify({ pid: process.pid, startedAt: processStartedAt(process.pid) }),
  );
  try {
    linkSync(draft, claimPath(folder, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function replaceClaim(folder: string, number: number, text: string): void {
  // The folder may have been deleted under us, and then there is no claim to give up.
  try {
    renameSync(writeDraft(folder, text), claimPath(folder, number));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Claims appear whole or not at all: they are written under another name first. */
function writeDraft(folder: string, text: string): string {
  const draft = join(folder, `owner.draft-${process.pid}`);
  writeFileSync(draft, text);
  return draft;
}

function dropOlderClaims(folder: string, newest: number): void {
  for (const number of claimNumbers(folder)) {
    if (number < newest) rmSync(claimPath(folder, number), { force: true });
  }
}
