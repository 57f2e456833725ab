import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../folder.js';

const ROOT = join(__dirname, '../..');

/** Where the web page has them. */
export const API_TYPES = join(ROOT, 'web/src/api/schema.ts');

/** The types of a running Waybill's API, made from its OpenAPI document. */
export async function apiTypesOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/docs-json`);
  if (!answer.ok) throw new Error(`GET /docs-json answered ${answer.status}`);
  const folder = await temporaryFolder('api-types');
  try {
    const document = join(folder, 'openapi.json');
    await writeFile(document, await answer.text());
    const program = join(ROOT, 'node_modules/openapi-typescript/bin/cli.js');
    const output = join(folder, 'schema.ts');
    await promisify(execFile)(process.execPath, [program, document, '--output', output]);
    return await readFile(output, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
