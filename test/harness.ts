import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApplication } from '../src/application.js';
import { Lifecycle } from '../src/common/health/lifecycle.js';
import { startTracing } from '../src/common/telemetry/tracing.js';
import { openSurroundings } from '../src/surroundings.js';
import { Api } from './api.js';
import { openStores, type Stores, TEST_ENV, undoable } from './stores.js';

export { eventually } from './eventually.js';

/** A whole Waybill on a real PostgreSQL and a real gateway, wherever its modules run. */
export interface Waybill extends Omit<Stores, 'folder'> {
  url: string;
  api: Api;
  stop(): Promise<void>;
}

/** One whose modules all run in the process of the test, so that tests can look inside. */
export interface WaybillInside extends Waybill {
  app: NestFastifyApplication;
}

/**
 * Starts a Waybill in this process, with demo data; `env` adds to or replaces settings. `prepare` finds its stores
 * empty.
 */
export function startWaybill(
  env: Record<string, string> = {},
  prepare?: (stores: Stores) => Promise<void>,
): Promise<WaybillInside> {
  return undoable(async (undo) => {
    startTracing();
    const opened = await openStores(undo);
    await prepare?.(opened);
    const { folder, ...stores } = opened;
    const settings = { DATA_DIR: folder, DATABASE_URL: stores.databaseUrl, GATEWAY_URL: stores.gateway.url };
    const surroundings = await openSurroundings({ ...TEST_ENV, ...settings, ...env }, () => undefined);
    undo.add(() => surroundings.close());
    const app = await createApplication(surroundings);
    undo.add(() => app.close());
    await app.listen(0, '127.0.0.1');
    app.get(Lifecycle).markReady();
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    return { ...stores, url, app, api: new Api(url) };
  });
}
