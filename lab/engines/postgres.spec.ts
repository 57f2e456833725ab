import { rm } from 'node:fs/promises';
import { processStartedAt } from '../../src/common/persistence/embedded/process-identity.js';
import { temporaryFolder } from '../../test/folder.js';
import { Keeper } from '../keeper.js';
import type { LocalService } from '../services/local-service.js';
import { startPostgres } from './postgres.js';

describe('the PostgreSQL of the lab', () => {
  let folder: string;
  let keeper: Keeper;
  let postgres: LocalService;

  beforeAll(async () => {
    folder = await temporaryFolder('lab-postgres');
    keeper = new Keeper();
    postgres = await startPostgres({ dataDir: folder, keeper, say: () => undefined });
  });

  afterAll(async () => {
    await postgres.stop();
    await keeper.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('says that there is nothing to kill when it does not run, and kills nothing else', async () => {
    const { pid } = postgres;
    const killed = jest.spyOn(process, 'kill');
    try {
      await postgres.stop();
      expect(processStartedAt(pid)).toBeUndefined();
      killed.mockClear();
      killed.mockReturnValue(true);
      await expect(postgres.kill()).rejects.toThrow('PostgreSQL is not running at the moment');
      expect(killed.mock.calls.filter(([target]) => target <= 0)).toEqual([]);
    } finally {
      killed.mockRestore();
    }
  });
});
