import { execFile } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../folder.js';
import { findTraefik } from './traefik-image.js';

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

describe('the door', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder('door');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** With a docker on PATH whose commands end as given. */
  async function find(script: string) {
    const docker = join(folder, 'docker');
    await writeFile(docker, `#!/bin/sh\ncase "$1" in\n${script}\nesac\n`);
    await chmod(docker, 0o755);
    return findTraefik({ PATH: `${folder}${delimiter}${process.env['PATH']}` });
  }

  it('is Traefik when its image is here', async () => {
    const { image, missing } = await find('image) exit 0;; pull) echo asked >&2; exit 1;;');
    expect([image, missing]).toEqual([expect.stringMatching(/^traefik:v3\.\d+\.\d+$/), null]);
  });

  it('is Traefik when its image can be pulled', async () => {
    expect(await find('image) exit 1;; pull) exit 0;;')).toMatchObject({ missing: null });
  });

  it('is the stand-in when neither is so, and says why', async () => {
    const why = 'dial tcp: no route to host';
    const found = await find(`image) exit 1;; pull) echo '${why}' >&2; exit 1;;`);
    expect(found).toMatchObject({ missing: why });
  });
});
