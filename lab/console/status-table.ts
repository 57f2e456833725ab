import type { Engine } from '../engines/engines.js';
import type { MemberStatus } from '../member.js';

const HEAD = ['NAME', 'STATE', 'PID', 'ADDRESS', 'UP', 'RESTARTS'];

/** What runs where, for people. */
export function statusTable(
  url: string,
  engines: readonly Engine[],
  members: readonly MemberStatus[],
  now = Date.now(),
): string {
  const rows = [HEAD, ...members.map((member) => memberRow(member, now)), ...engines.map(engineRow)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return [`The lab is at ${url}`, '', ...lines.map((line) => line.trimEnd())].join('\n');
}

function memberRow(member: MemberStatus, now: number): string[] {
  const { name, state, serving, pid, port, restarts, startedAt } = member;
  const running = state === 'ready' || state === 'starting' || state === 'stopping';
  return [
    name,
    state === 'ready' && !serving ? 'not ready' : state,
    running ? String(pid) : '-',
    `127.0.0.1:${port}`,
    running ? duration(now - startedAt) : '-',
    String(restarts),
  ];
}

function engineRow({ name, url, watch }: Engine): string[] {
  const { host } = new URL(url);
  if (!watch) return [name, 'not ours', '-', host, '-', '-'];
  return [
    name,
    watch.running ? 'running' : 'down',
    watch.running ? String(watch.service.pid) : '-',
    host,
    '-',
    String(watch.restarts),
  ];
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
