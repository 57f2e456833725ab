import { execFile } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../folder.js';
import { fetchImage } from './images.js';

const run = promisify(execFile);
const PROGRAM = resolve(__dirname, '../../scripts/deploy-test.js');

describe('npm run test:deploy', () => {
  it('tells what it is, and starts nothing', async () => {
    const { stdout } = await run(process.execPath, [PROGRAM, '--help']);
    expect(stdout).toMatch(/^npm run test:deploy\n[^]*ports 5432, 5672, 6379, 8010, 8088 and 9090/);
  });

  it('refuses what it does not know', async () => {
    await expect(run(process.execPath, [PROGRAM, '--fast'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Unknown option '--fast'") as unknown,
    });
  });
});

describe('an image', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder('image');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** With a docker on PATH whose commands end as given. */
  async function fetchWith(script: string) {
    const docker = join(folder, 'docker');
    await writeFile(docker, `#!/bin/sh\ncase "$1" in\n${script}\nesac\n`);
    await chmod(docker, 0o755);
    return fetchImage('traefik:v3', { PATH: `${folder}${delimiter}${process.env['PATH']}` });
  }

  it('is not asked for when it is here', async () => {
    expect(await fetchWith('image) exit 0;; pull) echo asked >&2; exit 1;;')).toBeNull();
  });

  it('is pulled when it is not here', async () => {
    expect(await fetchWith(`image) exit 1;; pull) test "$3" = traefik:v3;;`)).toBeNull();
  });

  it('that cannot be had says why', async () => {
    const why = 'dial tcp: no route to host';
    expect(await fetchWith(`image) exit 1;; pull) echo '${why}' >&2; exit 1;;`)).toBe(why);
  });
});
