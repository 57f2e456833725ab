import { parseArgs } from 'node:util';
import { freshSeed } from '../../test/chaos/random.js';
import { Compose } from './platform/compose.js';
import { Kubernetes } from './platform/kubernetes.js';
import type { Platform } from './platform/platform.js';

/** What is struck unless `--only` says otherwise: each has two replicas on Kubernetes, and a restart policy elsewhere. */
export const SERVICES = [
  'order-service',
  'inventory-service',
  'payment-service',
  'user-service',
  'notification-service',
  'catalog-service',
] as const;

export const HELP = `pod-killer.sh, container-killer.sh   kill a random process, measure how long clients notice, again and again
rolling-update.sh                    replaces every process in turn; not one request may fail

  --url URL             where clients reach Waybill (or CHAOS_URL; default http://127.0.0.1)
  --only SERVICE        strike this one alone; as often as needed
  --sku SKU             what the probes order (default: the product with most stock)
  --report FOLDER       gets NAME.json, NAME.md and NAME.xml (default reports/chaos)
  --consecutive N       so many good orders in a row are a recovery (default 5)
  --timeout SECONDS     of one probe (default 5)
  --settle SECONDS      for lost answers to be got after the run (default 30)

  killers:
  --rounds N            kills (default 3)
  --interval SECONDS    of rest between two of them (default 10)
  --limit SECONDS       a recovery that takes longer fails (default 30)
  --patience SECONDS    to wait beyond it, for the report to say how long it took (default 60)
  --seed N              makes the same choices again (or CHAOS_SEED)
  --rate N              probe orders a second (default 1; rolling update 5)

  --platform NAME       kubernetes or compose: said to rolling-update.sh, known to the killers
  --namespace NAME      Kubernetes (default waybill)
  --context NAME        of kubectl's configuration
  --file FILE           compose; as often as needed (default deploy/compose/webapp/compose.yaml)

Exit code: 0 all is well, 1 an objective was missed, 2 it could not be carried out.
`;

export interface Options {
  task: 'kill' | 'roll';
  platform: Platform;
  url: string;
  services: readonly string[];
  sku: string | undefined;
  report: string;
  consecutive: number;
  timeoutMs: number;
  settleMs: number;
  rounds: number;
  intervalMs: number;
  limitMs: number;
  patienceMs: number;
  seed: number;
  rate: number;
}

/** Null when help is asked for. @throws when something is not as it must be */
export function readOptions(args: readonly string[]): Options | null {
  const text = { type: 'string' } as const;
  const list = { type: 'string', multiple: true } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      url: text,
      only: list,
      sku: text,
      report: text,
      consecutive: text,
      timeout: text,
      settle: text,
      rounds: text,
      interval: text,
      limit: text,
      patience: text,
      seed: text,
      rate: text,
      platform: text,
      namespace: text,
      context: text,
      file: list,
      help: { type: 'boolean' },
    },
  });
  if (values.help) return null;
  const [task, ...more] = positionals;
  if ((task !== 'kill' && task !== 'roll') || more.length > 0)
    throw new Error(`There is no task ${positionals.join(' ')}`);
  const seconds = (name: 'timeout' | 'settle' | 'interval' | 'limit' | 'patience', standard: number) =>
    number(`--${name}`, values[name], standard, 0) * 1000;
  return {
    task,
    platform: platformOf(values),
    url: values.url ?? process.env['CHAOS_URL'] ?? 'http://127.0.0.1',
    services: values.only ?? SERVICES,
    sku: values.sku,
    report: values.report ?? 'reports/chaos',
    consecutive: whole('--consecutive', values.consecutive, 5),
    timeoutMs: seconds('timeout', 5),
    settleMs: seconds('settle', 30),
    rounds: whole('--rounds', values.rounds, 3),
    intervalMs: seconds('interval', 10),
    limitMs: seconds('limit', 30),
    patienceMs: seconds('patience', 60),
    seed: number('--seed', values.seed, freshSeed(), 0),
    rate: number('--rate', values.rate, task === 'kill' ? 1 : 5, 0.1),
  };
}

interface PlatformValues {
  platform?: string | undefined;
  namespace?: string | undefined;
  context?: string | undefined;
  file?: string[] | undefined;
}

function platformOf({ platform, namespace = 'waybill', context, file }: PlatformValues): Platform {
  if (platform === 'kubernetes') return new Kubernetes({ namespace, ...(context ? { context } : {}) });
  if (platform === 'compose') return new Compose(file ?? ['deploy/compose/webapp/compose.yaml']);
  throw new Error(`--platform must be kubernetes or compose, not ${platform ?? 'left out'}`);
}

function number(name: string, given: string | undefined, standard: number, least: number): number {
  const value = given === undefined ? standard : Number(given);
  if (given?.trim() === '' || !Number.isFinite(value) || value < least)
    throw new Error(`${name} must be a number of at least ${least}`);
  return value;
}

function whole(name: string, given: string | undefined, standard: number): number {
  const value = number(name, given, standard, 1);
  if (!Number.isInteger(value)) throw new Error(`${name} must be a whole number`);
  return value;
}
