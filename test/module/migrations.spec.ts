import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createApplication } from '../../src/application.js';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/common/persistence/embedded/embedded-postgres.js';
import { openSurroundings } from '../../src/surroundings.js';
import { temporaryFolder } from '../folder.js';

describe('several processes that start on one empty database', () => {
  let folder: string;
  let postgres: EmbeddedPostgres;

  beforeAll(async () => {
    folder = await temporaryFolder('migrations');
    postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  });
  afterAll(async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('all come up, and migrate and seed it once', async () => {
    const start = async () => {
      const env = {
        NODE_ENV: 'test',
        PORT: '0',
        DATABASE_URL: postgres.url,
        GATEWAY_URL: 'http://127.0.0.1:9',
        LOG_LEVEL: 'error',
      };
      return createApplication(await openSurroundings({ ...env, DATABASE_POOL_SIZE: '3' }, () => undefined));
    };
    const apps = await Promise.all([start(), start(), start()]);
    await Promise.all(apps.map((app) => app.close()));
  });
});
