import { readFile } from 'node:fs/promises';
import { startWaybill, type Waybill } from '../harness.js';
import { API_TYPES, apiTypesOf } from './api-types.js';

describe("the web page's types of the API", () => {
  let waybill: Waybill;

  beforeAll(async () => {
    waybill = await startWaybill();
  });
  afterAll(() => waybill.stop());

  it('are those of the API as it is (if not: npm run web:api)', async () => {
    expect(await readFile(API_TYPES, 'utf8')).toBe(await apiTypesOf(waybill.url));
  });
});
