import { resolve, join } from 'node:path';
import { SETTINGS } from '../../src/common/config/config.js';

export interface LabSettings {
  /** Of the proxy. */
  port: number;
  /** Everything the lab keeps between runs. */
  folder: string;
  controlSocket: string;
  /** Settings of Waybill that each process is told as they were given to the lab. */
  passedOn: Record<string, string>;
}

/** Each process has its own of these, or the lab sees to them. */
const OURS = new Set(['MODULES', 'HOST', 'PORT', 'DATA_DIR', 'TRUST_PROXY']);

/** Reads the lab's settings. @throws with what is wrong */
export function labSettings(env: Record<string, string | undefined>): LabSettings {
  const port = Number(env['LAB_PORT'] || '8000');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error('LAB_PORT must be a port: a number from 0 (any that is free) to 65535.');
  const folder = join(resolve(env['DATA_DIR'] || '.data'), 'lab');
  return {
    port,
    folder,
    controlSocket: join(folder, 'control.sock'),
    passedOn: Object.fromEntries(
      Object.keys(SETTINGS).flatMap((name) => {
        const value = env[name];
        return value === undefined || OURS.has(name) ? [] : [[name, value]];
      }),
    ),
  };
}
