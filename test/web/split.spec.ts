import { officeTests } from './office.tests.js';
import { shopTests } from './shop.tests.js';
import { aProcessEach, type Stage } from './stages.js';

describe('of a process for each module and one for the page', () => {
  let split: Stage;

  beforeAll(async () => {
    split = await aProcessEach();
  });
  afterAll(() => split?.stop());

  const shared = () => Promise.resolve({ ...split, stop: () => Promise.resolve() });

  describe('the shop in a browser', () => shopTests(shared, { page: false }));
  describe('the back office in a browser', () => officeTests(shared, { page: false }));
});
