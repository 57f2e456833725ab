import { Client } from 'pg';
import { createApplication } from '../../src/application.js';
import { startEmbeddedPostgres } from '../../src/common/persistence/embedded/embedded-postgres.js';
import { openSurroundings } from '../../src/surroundings.js';
import { PASSWORD, fillShop } from '../shop.js';
import { PasswordHasher } from '../../src/modules/users/auth/password-hasher.js';

/** A store with all its tables and a shop that is open, in a folder of its own or wherever `url` says. */
export interface Store {
  admin: Client;
  url: string;
  close(): Promise<void>;
}

export async function openStore(place: { folder: string } | { url: string }): Promise<Store> {
  const server = 'folder' in place ? await startEmbeddedPostgres({ dataDir: place.folder }) : null;
  const url = server?.url ?? ('url' in place ? place.url : '');
  try {
    const hash = await migrated(url);
    const admin = new Client({ connectionString: url });
    await admin.connect();
    const { rowCount } = await admin.query(`SELECT 1 FROM catalog.products WHERE sku LIKE 'BENCH-%' LIMIT 1`);
    if (rowCount === 0) await fillShop(admin, hash);
    return {
      admin,
      url,
      close: async () => {
        await admin.end();
        await server?.stop();
      },
    };
  } catch (error) {
    await server?.stop();
    throw error;
  }
}

/** Starts a Waybill once, which makes all tables, and gives the hash of the buyers' password as it hashes. */
async function migrated(url: string): Promise<string> {
  const env = { NODE_ENV: 'test', PORT: '0', LOG_LEVEL: 'error', PASSWORD_HASH_MEMORY_KIB: '64' };
  const settings = { ...env, DATABASE_URL: url, GATEWAY_URL: 'http://127.0.0.1:9' };
  const surroundings = await openSurroundings(settings, () => undefined);
  const app = await createApplication(surroundings);
  try {
    return await app.get(PasswordHasher, { strict: false }).hash(PASSWORD);
  } finally {
    await app.close();
    await surroundings.close();
  }
}
