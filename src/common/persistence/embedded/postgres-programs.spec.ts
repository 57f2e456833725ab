import { execFileSync } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findNative, postgresPrograms } from './postgres-programs.js';
import { isRoot, nobody } from './run-as.js';

/** Only root can run something for another account; for anybody else these tests are not there. */
const describeAsRoot = (name: string, tests: () => void): void => {
  if (isRoot()) describe(name, tests);
};

describe("PostgreSQL's programs", () => {
  let scratch: string;

  beforeEach(() => {
    scratch = mkdtempSync(join(realpathSync(tmpdir()), 'waybill-programs-'));
  });

  afterEach(() => rmSync(scratch, { recursive: true }));

  function packageWithoutLinks(): { folder: string; name: string } {
    const folder = join(scratch, 'package', 'native');
    const wanted = (path: string): boolean => !path.endsWith('.a') && !lstatSync(path).isSymbolicLink();
    cpSync(findNative().folder, folder, { recursive: true, filter: wanted });
    return { folder, name: `postgres-test-${process.pid}` };
  }

  it('get the library links that npm did not make', () => {
    const bin = postgresPrograms(scratch, undefined, packageWithoutLinks());
    expect(bin).toBe(join(scratch, 'package', 'native', 'bin'));
    expect(execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' })).toMatch(/PostgreSQL/);
  });

  describeAsRoot('for another account', () => {
    it('are copied to where nobody can run them, once', () => {
      const native = packageWithoutLinks();
      const bin = postgresPrograms(scratch, nobody(), native);
      try {
        expect(bin.startsWith(scratch)).toBe(false);
        expect(
          execFileSync(join(bin, 'initdb'), ['--version'], { encoding: 'utf8', ...nobody(), cwd: '/' }),
        ).toMatch(/PostgreSQL/);
        const made = statSync(bin).ino;
        expect(statSync(postgresPrograms(scratch, nobody(), native)).ino).toBe(made);
      } finally {
        removeShared(dirname(dirname(bin)));
      }
    });
  });

  it('that are not installed are an error which says what to do', () => {
    const nothing = (id: string): string => {
      throw new Error(`Cannot find module ${id}`);
    };
    expect(() => findNative(nothing)).toThrow(
      /run "npm install" with optional dependencies, or set DATABASE_URL/,
    );
  });
});

function removeShared(folder: string): void {
  rmSync(folder, { recursive: true });
  const isLast = readdirSync(dirname(folder)).length === 0;
  if (isLast) rmdirSync(dirname(folder));
}
