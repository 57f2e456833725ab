import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { house } from './house-with-breaches.js';

const root = resolve(__dirname, '../..');
const config = join(root, '.dependency-cruiser.cjs');
const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

interface Cruise {
  modules: unknown[];
  summary: { violations: { rule: { name: string }; from: string; to: string }[] };
}

/** A file in a package becomes the package's name; other paths stay. */
const short = (path: string) => path.replace(/^.*node_modules\/((?:@[^/]+\/)?[^/]+)\/.*$/, '$1');

/** Cruises the src/ of a folder. Answers `file: rule → imported file` for each violation, and the files seen. */
async function cruise(folder: string): Promise<{ files: number; violations: string[] }> {
  const args = [program, '--config', config, '--output-type', 'json', 'src'];
  const options = { cwd: folder, maxBuffer: 256 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  const { modules, summary } = JSON.parse(stdout) as Cruise;
  const violations = summary.violations.map(({ rule, from, to }) => `${from}: ${rule.name} → ${short(to)}`);
  return { files: modules.length, violations: violations.sort() };
}

describe('the walls', () => {
  let folder: string;

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'waybill-walls-')));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
    for (const { path, source } of house) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), `${source}\n`);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('stand in src (npx depcruise src explains each violation)', async () => {
    const { files, violations } = await cruise(root);
    expect(violations).toEqual([]);
    expect(files).toBeGreaterThan(20);
  });

  it('report every planted breach and nothing else', async () => {
    const planted = house.flatMap(({ path, breaks = [] }) => breaks.map((breach) => `${path}: ${breach}`));
    const { violations } = await cruise(folder);
    expect(violations).toEqual(planted.sort());
  });

  it('each have a planted breach', () => {
    const { forbidden } = createRequire(__filename)(config) as { forbidden: { name: string }[] };
    const breached = new Set(
      house.flatMap(({ breaks = [] }) => breaks.map((breach) => breach.split(' ')[0])),
    );
    expect(forbidden.map(({ name }) => name).filter((name) => !breached.has(name))).toEqual([]);
  });
});
