import { readdirSync, readFileSync } from 'node:fs';

/** Of /proc: it counts in hundredths of a second on every Linux there is. */
const TICKS = 100;
/** user, nice, system, irq, softirq. */
const BUSY = [0, 1, 2, 5, 6];

/** CPU seconds that a process has used so far; null where the system does not tell (macOS), or it is gone. */
export function cpuOf(pid: number): number | null {
  const stat = statOf(pid);
  return stat && stat.used / TICKS;
}

/** Of a server that makes a process for each connection: its own, its children's, and of those that have ended. */
export function cpuOfFamily(parent: number): number | null {
  const own = statOf(parent);
  if (!own) return null;
  const children = readdirSync('/proc').flatMap((pid) =>
    /^\d+$/.test(pid) ? (statOf(Number(pid)) ?? []) : [],
  );
  const ticks = children
    .filter((child) => child.parent === parent)
    .reduce((sum, child) => sum + child.used, 0);
  return (own.used + own.usedByEnded + ticks) / TICKS;
}

/** CPU seconds that the machine has used so far, whoever for. */
export function cpuOfAll(): number | null {
  const fields = read('/proc/stat')?.split('\n', 1)[0]?.split(/ +/).slice(1).map(Number);
  return fields ? BUSY.reduce((sum, field) => sum + (fields[field] ?? 0), 0) / TICKS : null;
}

/** What each of `count` took, between two readings in seconds. */
export function millisecondsEach(before: number | null, after: number | null, count: number): number | null {
  return before === null || after === null || count === 0 ? null : ((after - before) * 1000) / count;
}

/** Resident memory of a process in MiB. */
export function residentMib(pid: number): number | null {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? null : Number(kib) / 1024;
}

/** Times in ticks. Source: man 5 proc_pid_stat. */
function statOf(pid: number): { parent: number; used: number; usedByEnded: number } | null {
  // After the name, which may have spaces in it.
  const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ').map(Number);
  if (!fields) return null;
  const [parent = 0, used, system, ended, endedSystem] = [1, 11, 12, 13, 14].map(
    (field) => fields[field] ?? 0,
  );
  return { parent, used: (used ?? 0) + (system ?? 0), usedByEnded: (ended ?? 0) + (endedSystem ?? 0) };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
