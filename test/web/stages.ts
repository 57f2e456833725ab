import { rm } from 'node:fs/promises';
import { eventually } from '../eventually.js';
import { freePort, WaybillProcess } from '../chaos/waybill-process.js';
import { temporaryFolder } from '../folder.js';
import { startSplit } from '../split.js';

/** A Waybill with its web page, of real processes. */
export interface Stage {
  url: string;
  /** Ends the process that pages are connected to, and others, as a crash does; resolves when they are back. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

export async function oneProcess(env: Record<string, string> = {}): Promise<Stage> {
  const folder = await temporaryFolder('shop');
  const port = await freePort();
  let waybill = await WaybillProcess.start({ port, dataDir: folder, env });
  return {
    url: waybill.url,
    crash: async () => {
      await waybill.kill9();
      waybill = await WaybillProcess.start({ port, dataDir: folder, env });
    },
    stop: async () => {
      await waybill.sigterm();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function aProcessEach(env: Record<string, string> = {}): Promise<Stage> {
  const split = await startSplit({ cluster: { frontend: true }, env });
  const { cluster } = split;
  return {
    url: split.url,
    crash: async () => {
      await Promise.all((['frontend', 'notifications', 'orders'] as const).map((part) => cluster.kill(part)));
      await eventually(
        () => expect(cluster.members.map(({ state }) => state)).toEqual(cluster.members.map(() => 'ready')),
        30_000,
      );
    },
    stop: () => split.stop(),
  };
}
