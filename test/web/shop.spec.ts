import { shopTests } from './shop.tests.js';
import { oneProcess, type Stage } from './stages.js';
import { troubleTests } from './trouble.tests.js';

describe('the shop in a browser, of one process', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await oneProcess();
  });
  afterAll(() => stage?.stop());

  const shared = () => Promise.resolve({ ...stage, stop: () => Promise.resolve() });

  describe('and people in it', () => shopTests(shared, { page: true }));
  describe('and trouble', () => troubleTests(shared));
});
