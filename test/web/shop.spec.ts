import { shopTests } from './shop.tests.js';
import { oneProcess } from './stages.js';

describe('the shop in a browser, of one process', () => {
  shopTests(oneProcess, { page: true });
});
