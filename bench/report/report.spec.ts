import type { Figures, Row } from '../subjects/subject.js';
import { median, mediansOf } from './medians.js';
import { tables } from './table.js';
import { isMet, targetsOf } from './targets.js';

const row = (name: string, figures: Figures): Row => ({ name, figures });
const targetNamed = (rows: readonly Row[], says: string) => {
  const target = targetsOf(mediansOf(rows)).find((each) => each.says === says);
  if (!target) throw new Error(`There is no target that says ${says}`);
  return target;
};

describe('medians', () => {
  it('are the middle of all rounds, whatever the order and however far off one is', () => {
    expect(median([300, 1, 200])).toBe(200);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
  });

  it('are taken of each figure by itself, where it was measured', () => {
    const rows = [row('a', { rate: 10, p99: 5 }), row('a', { rate: 30 }), row('a', { rate: 20, p99: 7 })];
    expect(mediansOf([...rows, row('b', { rate: 1 })])).toEqual(
      new Map([
        ['a', { rate: 20, p99: 6 }],
        ['b', { rate: 1 }],
      ]),
    );
  });
});

describe('the targets', () => {
  const over = 'one process ÷ sql-n, at 256';

  it('compare medians, not rounds with each other', () => {
    const rounds = [
      [row('one process, 256', { rate: 100 }), row('sql-n, 256', { rate: 10 })],
      [row('one process, 256', { rate: 400 }), row('sql-n, 256', { rate: 100 })],
      [row('one process, 256', { rate: 500 }), row('sql-n, 256', { rate: 90 })],
    ];
    expect(targetNamed(rounds.flat(), over).value).toBeCloseTo(400 / 90);
  });

  it('are met from the wanted figure on', () => {
    const one = (rate: number) => [row('one process, 256', { rate }), row('sql-n, 256', { rate: 100 })];
    expect(isMet(targetNamed(one(400), over))).toBe(true);
    expect(isMet(targetNamed(one(399), over))).toBe(false);
  });

  it('set Waybill against bare SQL with the number of clients that is best for that', () => {
    const rows = [
      row('one process, 256', { rate: 300 }),
      row('sql-n, 256', { rate: 100 }),
      row('sql-n, 16', { rate: 400 }),
      row('sql-n, 64', { rate: 200 }),
    ];
    expect(targetNamed(rows, 'one process at 256 ÷ sql-n at its best').value).toBe(0.75);
  });

  it('cannot be told when a part of them was not measured', () => {
    const target = targetNamed([row('one process, 256', { rate: 400 })], over);
    expect([target.value, isMet(target)]).toEqual([null, null]);
  });

  it('do not count the latency of a run that refused requests', () => {
    const says = 'p99 at 256 connections';
    const served = (refusedPercent: number) => [row('one process, 256', { p99: 20, refusedPercent })];
    expect(isMet(targetNamed(served(0.5), says))).toBe(true);
    expect(isMet(targetNamed(served(30), says))).toBeNull();
  });

  it('tell what telemetry costs as a share of what is possible without', () => {
    const rows = [row('one process, 256', { rate: 90 }), row('no telemetry, 256', { rate: 100 })];
    expect(targetNamed(rows, 'what telemetry costs').value).toBeCloseTo(10);
  });
});

describe('the table', () => {
  const medians = mediansOf([
    row('one process, 256', { rate: 1234, p50: 10, p90: 20, p99: 30, walKib: 9, refusedPercent: 2.5 }),
    row('sql-n, 256', { rate: 617, p50: 1, p90: 2, p99: 3, walKib: 9, failed: 4 }),
  ]);
  const lines = tables(medians, targetsOf(medians)).split('\n');
  const lineOf = (name: string) => lines.find((line) => line.startsWith(name)) ?? '';

  it('has a line for each load, with its rate as a ratio to bare SQL', () => {
    expect(lineOf('one process, 256')).toMatch(/1,234 +2\.00 +10\.0 +20\.0 +30\.0/);
    expect(lineOf('sql-n, 256')).toMatch(/617 +1\.00/);
  });

  it('says what was refused, and what failed', () => {
    expect(lineOf('one process, 256')).toContain('2.5 % refused');
    expect(lineOf('sql-n, 256')).toContain('4 transactions failed');
  });

  it('says of each target whether it is met, or that nobody knows', () => {
    expect(lineOf('one process ÷ sql-n, at 256')).toMatch(/2\.00 +≥ 4\.00 +NO$/);
    expect(lineOf('split ÷ sql-n')).toMatch(/– +≥ 1\.00$/);
  });
});
