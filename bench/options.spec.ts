import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadOptions, readOptions, SUBJECT_NAMES } from './options.js';

describe('the options of the bench', () => {
  it('measure everything in three rounds of ten seconds, where nothing is said', () => {
    expect(readOptions([])).toEqual({
      only: SUBJECT_NAMES.filter((name) => name !== 'grown'),
      rounds: 3,
      seconds: 10,
      warmUpSeconds: 5,
      grown: null,
    });
  });

  it('make it short with --quick, but for what is said beside it', () => {
    expect(readOptions(['--quick'])).toMatchObject({ rounds: 1, seconds: 2, warmUpSeconds: 2 });
    expect(readOptions(['--quick'])?.only).not.toContain('no-telemetry');
    expect(readOptions(['--quick', '--only', 'no-telemetry'])?.only).toEqual(['no-telemetry']);
    expect(readOptions(['--quick', '--rounds', '2', '--seconds=4'])).toMatchObject({ rounds: 2, seconds: 4 });
  });

  it('choose subjects, in the order of a round', () => {
    expect(readOptions(['--only', 'split, sql-n,one-process'])?.only).toEqual([
      'sql-n',
      'one-process',
      'split',
    ]);
  });

  it('measure a store that has grown, where one is named', () => {
    const folder = mkdtempSync(join(tmpdir(), 'grown-'));
    try {
      mkdirSync(join(folder, 'cluster'));
      expect(readOptions(['--grown', folder])).toMatchObject({ only: SUBJECT_NAMES, grown: folder });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ask for help', () => {
    expect(readOptions(['--help'])).toBeNull();
    expect(readOptions(['-h', '--quick'])).toBeNull();
  });

  it.each([
    [['--only', 'sql-2'], 'sql-2'],
    [['--only', ''], '--only'],
    [['--rounds', '0'], '--rounds'],
    [['--rounds', '1.5'], '--rounds'],
    [['--seconds', '61'], '--seconds'],
    [['--seconds', 'ten'], '--seconds'],
    [['--grown', '/nowhere'], '/nowhere'],
    [['--only', 'grown'], '--grown'],
    [['--fast'], '--fast'],
    [['quick'], 'quick'],
  ])('are refused when they are %j, and say why', (args, named) => {
    expect(() => readOptions(args)).toThrow(BadOptions);
    expect(() => readOptions(args)).toThrow(named);
  });
});
