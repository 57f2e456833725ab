import { rm } from 'node:fs/promises';
import { freePort, WaybillProcess } from '../chaos/waybill-process.js';
import { temporaryFolder } from '../folder.js';
import { startSplit } from '../split.js';

/** A Waybill with its web page, of real processes. */
export interface Stage {
  url: string;
  stop(): Promise<void>;
}

export async function oneProcess(env: Record<string, string> = {}): Promise<Stage> {
  const folder = await temporaryFolder('shop');
  const waybill = await WaybillProcess.start({ port: await freePort(), dataDir: folder, env });
  return {
    url: waybill.url,
    stop: async () => {
      await waybill.sigterm();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function aProcessEach(): Promise<Stage> {
  return startSplit({ cluster: { frontend: true } });
}
