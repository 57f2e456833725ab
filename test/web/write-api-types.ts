import { rm, writeFile } from 'node:fs/promises';
import { freePort, WaybillProcess } from '../chaos/waybill-process.js';
import { temporaryFolder } from '../folder.js';
import { API_TYPES, apiTypesOf } from './api-types.js';

/** Starts a Waybill, asks it for its OpenAPI document, and ends it. */
async function main(): Promise<void> {
  const folder = await temporaryFolder('web-api');
  const waybill = await WaybillProcess.start({ port: await freePort(), dataDir: folder });
  try {
    await writeFile(API_TYPES, await apiTypesOf(waybill.url));
  } finally {
    await waybill.sigterm();
    await rm(folder, { recursive: true, force: true });
  }
}

void main();
