import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { COMPOSE } from './routes.js';

export interface Service {
  image?: string;
  scale?: string;
  user?: string;
  command?: string | string[];
  environment?: Record<string, string>;
  labels?: Record<string, string>;
  networks?: string[] | Record<string, unknown>;
  extra_hosts?: string[];
  ports?: string[];
  volumes?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  restart?: string;
  logging?: unknown;
  extends?: { file: string; service: string };
  depends_on?: Record<string, { condition: string }> | string[];
  deploy?: { resources: { limits: { memory: string; cpus: string; pids: number } } };
}

export interface ComposeFile {
  services: Record<string, Service>;
}

/** A compose file as it is written, `extends` resolved. */
export function readCompose(path: string): ComposeFile {
  const { services } = parse(composeText(path), { merge: true }) as ComposeFile;
  const resolved = Object.entries(services).map(([name, { extends: base, ...own }]) => {
    const inherited = base && readCompose(join(dirname(path), base.file)).services[base.service];
    return [name, { ...inherited, ...own }] as const;
  });
  return { services: Object.fromEntries(resolved) };
}

export function composeText(path: string): string {
  return readFileSync(join(COMPOSE, path), 'utf8');
}

/** Variables that a text has filled in. */
export function variablesIn(text: string): Set<string> {
  const used = text.replaceAll(/^\s*#.*$/gm, '').matchAll(/(?<!\$)\$\{([A-Z_]+)/g);
  return new Set([...used].map(([, name = '']) => name));
}
