import { parseArgs } from 'node:util';
import { MODULE_NAMES, type ModuleName } from '../modules.js';
import { UsageError } from './failures.js';

export const USAGE = `Look into events, hand them on again, and bring back those that failed.

npm run events -- list          what was told, the newest first
npm run events -- show <id>     one event with all that is in it
npm run events -- replay --module orders --to notifications --since 2h [id …]
                                hand events of a module to one consumer again; what it has applied stays applied
npm run events -- dead-letters  events that a module could not take in, and why
npm run events -- retry [id …]  bring those back, all or by id

  --module <name>   ${MODULE_NAMES.join(', ')};
                    the one that told the event, or for dead-letters and retry the one that could not take it in;
                    all when left out
  --name <event>    such as orders.confirmed (list, replay)
  --key <key>       what the event tells of, such as the id of an order (list, replay)
  --since <time>    the last 90s, 15m, 2h or 7d, or a time such as 2026-11-20T10:00:00Z (list, replay)
  --until <time>    likewise: the time before which events occurred (list, replay)
  --state <state>   pending or published (list)
  --limit <number>  at most so many (list; default 20)
  --to <module>     the consumer (replay)
  --url <url>       default http://127.0.0.1:8000
  --json            for machines

Administrators only: set WAYBILL_TOKEN, or WAYBILL_EMAIL and WAYBILL_PASSWORD. On this machine the demo administrator
is the default. Exit code: 0 done, 1 not done, 2 not understood.`;

const STRING = { type: 'string' } as const;
const OPTIONS = {
  module: STRING,
  name: STRING,
  key: STRING,
  since: STRING,
  until: STRING,
  state: STRING,
  limit: STRING,
  to: STRING,
  url: STRING,
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const ALWAYS = ['url', 'json', 'module'];
const RANGE = ['name', 'key', 'since', 'until'];
const COMMANDS = {
  list: { takes: [...RANGE, 'state', 'limit'], ids: 0 },
  show: { takes: [], ids: 1 },
  replay: { takes: [...RANGE, 'to'], ids: 1000 },
  'dead-letters': { takes: [], ids: 0 },
  retry: { takes: [], ids: 1000 },
};
export type CommandName = keyof typeof COMMANDS;

/** What to do, and with which events. */
export interface Command {
  command: CommandName;
  ids: string[];
  url: string;
  json: boolean;
  module?: ModuleName;
  to?: ModuleName;
  limit: number;
  state?: string;
  /** As the API takes it. */
  range: { name?: string; key?: string; from?: string; to?: string };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Null when help is asked for. Throws UsageError. */
export function parseCommand(args: readonly string[], now: number): Command | null {
  const { values, positionals } = parse(args);
  const [word, ...ids] = positionals;
  if (values.help || word === 'help' || word === undefined) return null;
  const command = commandOf(word);
  const { takes, ids: most } = COMMANDS[command];
  for (const name of Object.keys(values))
    if (![...ALWAYS, ...takes].includes(name)) throw new UsageError(`${command} takes no --${name}`);
  if (ids.length > most)
    throw new UsageError(most === 0 ? `${command} takes no ids` : `${command} takes ${most} at most`);
  const wrong = ids.find((id) => !UUID.test(id));
  if (wrong !== undefined) throw new UsageError(`"${wrong}" is not the id of an event`);
  if (command === 'show' && ids.length === 0) throw new UsageError('Say which: show <id>');
  const { name, key, since, until, state, module, to } = values;
  const range = {
    ...(name === undefined ? {} : { name }),
    ...(key === undefined ? {} : { key }),
    ...(since === undefined ? {} : { from: timeOf(since, now) }),
    ...(until === undefined ? {} : { to: timeOf(until, now) }),
  };
  if (command === 'replay') requireReplay(values, Object.keys(range).length + ids.length);
  return {
    command,
    ids,
    url: urlOf(values.url ?? 'http://127.0.0.1:8000'),
    json: values.json ?? false,
    limit: limitOf(values.limit ?? '20'),
    range,
    ...(module === undefined ? {} : { module: moduleOf(module) }),
    ...(to === undefined ? {} : { to: moduleOf(to) }),
    ...(state === undefined ? {} : { state: stateOf(state) }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0] ?? '');
  }
}

function requireReplay(values: { module?: string; to?: string }, bounds: number): void {
  if (values.module === undefined || values.to === undefined)
    throw new UsageError('Say whose events, and to whom: replay --module orders --to notifications');
  if (bounds === 0) throw new UsageError('Say which events: --since, --until, --name, --key or ids');
}

function commandOf(word: string): CommandName {
  if (Object.hasOwn(COMMANDS, word)) return word as CommandName;
  throw new UsageError(`There is no command "${word}", but ${Object.keys(COMMANDS).join(', ')}`);
}

function moduleOf(name: string): ModuleName {
  const module = MODULE_NAMES.find((each) => each === name);
  if (!module) throw new UsageError(`There is no module "${name}", but ${MODULE_NAMES.join(', ')}`);
  return module;
}

function stateOf(text: string): string {
  if (text === 'pending' || text === 'published') return text;
  throw new UsageError(`--state is pending or published, not "${text}"`);
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 1000) return limit;
  throw new UsageError(`--limit is a number from 1 to 1000, not "${text}"`);
}

function timeOf(text: string, now: number): string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time = unit === undefined ? Date.parse(text) : now - Number(count) * (SECONDS[unit] ?? 0) * 1000;
  const date = new Date(time);
  if (unit === undefined && !/^\d{4}-\d\d-\d\d/.test(text)) date.setTime(Number.NaN);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new UsageError(`"${text}" is no time such as 15m, 2h, 7d or 2026-11-20T10:00:00Z`);
}

function urlOf(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href.replace(/\/+$/, '');
  throw new UsageError(`--url is an address such as http://127.0.0.1:8000, not "${text}"`);
}
