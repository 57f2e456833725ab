import { officeTests } from './office.tests.js';
import { oneProcess } from './stages.js';

describe('the back office in a browser, of one process', () => {
  officeTests(() => oneProcess({ GRAFANA_URL: 'http://grafana.example/behind/a/path' }), { page: true });
});
