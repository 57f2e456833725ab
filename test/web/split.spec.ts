import { shopTests } from './shop.tests.js';
import { aProcessEach } from './stages.js';

describe('the shop in a browser, of a process for each module and one for the page', () => {
  shopTests(aProcessEach);
});
