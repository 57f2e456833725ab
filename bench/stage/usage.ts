import { readFileSync } from 'node:fs';

/** Of /proc: it counts in hundredths of a second on every Linux there is. */
const TICKS = 100;
/** user, nice, system, irq, softirq. */
const BUSY = [0, 1, 2, 5, 6];

/** CPU seconds that a process has used so far; null where the system does not tell (macOS), or it is gone. */
export function cpuOf(pid: number): number | null {
  // After the name, which may have spaces in it.
  const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');
  return fields ? (Number(fields[11]) + Number(fields[12])) / TICKS : null;
}

/** CPU seconds that the machine has used so far, whoever for. */
export function cpuOfAll(): number | null {
  const fields = read('/proc/stat')?.split('\n', 1)[0]?.split(/ +/).slice(1).map(Number);
  return fields ? BUSY.reduce((sum, field) => sum + (fields[field] ?? 0), 0) / TICKS : null;
}

/** Resident memory of a process in MiB. */
export function residentMib(pid: number): number | null {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? null : Number(kib) / 1024;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
