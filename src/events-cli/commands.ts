import type { DeadLetter, Retried } from '../common/messaging/operations/dead-letters.js';
import type { LoggedEvent, WholeEvent } from '../common/messaging/operations/event-log.js';
import type { Replayed } from '../common/messaging/operations/event-replay.js';
import { MODULE_NAMES, type ModuleName } from '../modules.js';
import type { Client } from './client.js';
import { Failure } from './failures.js';
import type { Command, CommandName } from './options.js';
import { clean, table } from './table.js';

/** Where a command speaks. */
export interface Terminal {
  print: (text: string) => void;
  /** Beside the result. */
  note: (text: string) => void;
  /** Characters in a line, where that is known. */
  width?: number;
}

type Run = (client: Client, command: Command, terminal: Terminal) => Promise<void>;
type From<T> = T & { module: ModuleName };

/** The API's largest page. */
const PAGE = 100;

export const RUN: Record<CommandName, Run> = { list, show, replay, 'dead-letters': deadLetters, retry };

async function list(client: Client, command: Command, terminal: Terminal): Promise<void> {
  const { limit, json } = command;
  const found = await ofEach(command, terminal, (module) => newest(client, module, command));
  const events = found
    .flat()
    .toSorted((a, b) => Date.parse(b.occurredAt) - Date.parse(a.occurredAt))
    .slice(0, limit);
  if (json) return terminal.print(JSON.stringify({ data: events }, null, 2));
  if (events.length === 0) return terminal.note('No events.');
  const rows = events.map(({ occurredAt, name, id, publishedAt, attempts, key }) => [
    occurredAt,
    name,
    publishedAt === null ? 'pending' : 'published',
    String(attempts),
    id,
    key,
  ]);
  terminal.print(table(['OCCURRED', 'EVENT', 'STATE', 'ATTEMPTS', 'ID', 'KEY'], rows, terminal.width));
}

async function newest(
  client: Client,
  module: ModuleName,
  { limit, range, state }: Command,
): Promise<From<LoggedEvent>[]> {
  const events: From<LoggedEvent>[] = [];
  let cursor: string | null = null;
  do {
    type Page = { data: LoggedEvent[]; nextCursor: string | null };
    const query: Record<string, string> = { ...range, limit: String(Math.min(PAGE, limit - events.length)) };
    if (state !== undefined) query['state'] = state;
    if (cursor !== null) query['cursor'] = cursor;
    const page: Page = await client.get<Page>(`/events/${module}`, query);
    events.push(...page.data.map((event) => ({ module, ...event })));
    cursor = page.nextCursor;
  } while (cursor !== null && events.length < limit);
  return events;
}

async function show(client: Client, command: Command, terminal: Terminal): Promise<void> {
  const [id = ''] = command.ids;
  const found = await ofEach(command, terminal, async (module) => {
    try {
      return { module, ...(await client.get<WholeEvent>(`/events/${module}/${id}`)) };
    } catch (error) {
      if (error instanceof Failure && error.code === 'EVENT.NOT_FOUND') return null;
      throw error;
    }
  });
  const event = found.find((each) => each !== null);
  if (!event) throw new Failure(`No event ${id} in the log of ${command.module ?? 'any module'}.`);
  if (command.json) return terminal.print(JSON.stringify(event, null, 2));
  const { module, envelope, key, publishedAt, attempts } = event;
  const { payload, ...rest } = envelope;
  const facts = Object.entries({ module, ...rest, key, publishedAt, attempts });
  const lines = facts.map(([name, value]) => `${`${name}:`.padEnd(15)}${clean(String(value ?? '-'))}`);
  terminal.print([...lines, 'payload:', JSON.stringify(payload, null, 2)].join('\n'));
}

async function replay(client: Client, command: Command, terminal: Terminal): Promise<void> {
  const { module = '', to = '', range, ids, json } = command;
  const body = { consumer: to, ...range, ...(ids.length > 0 ? { ids } : {}) };
  let events = 0;
  let cursor: string | null = null;
  do {
    const step: Replayed = await client
      .post<Replayed>(`/events/${module}/replay`, cursor === null ? body : { ...body, cursor })
      .catch((error: unknown) => {
        if (events > 0)
          terminal.note(
            `Stopped after ${events} events. To start over does no harm: what is applied stays applied.`,
          );
        throw error;
      });
    events += step.events;
    cursor = step.nextCursor;
    if (cursor !== null) terminal.note(`${events} events so far…`);
  } while (cursor !== null);
  if (json) return terminal.print(JSON.stringify({ events }, null, 2));
  terminal.print(`${plural(events, 'event')} of ${module} handed to ${to}.`);
}

async function deadLetters(client: Client, command: Command, terminal: Terminal): Promise<void> {
  type List = { data: DeadLetter[]; total: number };
  const lists = await ofEach(command, terminal, async (module) => ({
    module,
    ...(await client.get<List>(`/events/${module}/dead-letters`)),
  }));
  const letters = lists.flatMap(({ module, data }) => data.map((letter) => ({ module, ...letter })));
  const total = lists.reduce((sum, each) => sum + each.total, 0);
  if (command.json) return terminal.print(JSON.stringify({ data: letters, total }, null, 2));
  if (total === 0) return terminal.note('No dead letters.');
  const rows = letters.map(({ module, name, attempts, diedAt, eventId, reason }) => [
    diedAt ?? '-',
    module,
    name ?? '-',
    String(attempts),
    eventId ?? '-',
    reason,
  ]);
  terminal.print(table(['DIED', 'MODULE', 'EVENT', 'ATTEMPTS', 'ID', 'REASON'], rows, terminal.width));
  if (total > letters.length) terminal.note(`… and ${total - letters.length} more.`);
}

async function retry(client: Client, command: Command, terminal: Terminal): Promise<void> {
  const { ids, json } = command;
  const body = ids.length > 0 ? { ids } : {};
  const done = await ofEach(command, terminal, async (module) => ({
    module,
    ...(await client.post<Retried>(`/events/${module}/dead-letters/retry`, body)),
  }));
  const retried = done.reduce((sum, each) => sum + each.retried, 0);
  const left = done.reduce((sum, each) => sum + each.left, 0);
  if (ids.length > 0 && retried === 0)
    throw new Failure('None of these is a dead letter that could be retried.');
  if (json) return terminal.print(JSON.stringify({ retried, left }, null, 2));
  for (const each of done)
    if (each.retried > 0) terminal.print(`${plural(each.retried, 'event')} brought back to ${each.module}.`);
  if (retried === 0 && left === 0) return terminal.note('No dead letters.');
  if (left > 0) terminal.print(`${plural(left, 'dead letter')} left: see npm run events -- dead-letters.`);
}

/** Does it for the module that was named; else for all, save those that are not hosted where we ask. */
async function ofEach<T>(
  { module: named }: Command,
  terminal: Terminal,
  work: (module: ModuleName) => Promise<T>,
): Promise<T[]> {
  if (named !== undefined) return [await work(named)];
  const results: T[] = [];
  for (const module of MODULE_NAMES) {
    try {
      results.push(await work(module));
    } catch (error) {
      if (!(error instanceof Failure) || error.code === undefined || error.code.startsWith('AUTH.'))
        throw error;
      if (error.code !== 'EVENT.MODULE_NOT_HOSTED')
        throw new Failure(`${module}: ${error.message}`, error.code);
      terminal.note(`${module} is not hosted there.`);
    }
  }
  return results;
}

function plural(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
