import { GRAFANA_URL, officeTests } from './office.tests.js';
import { oneProcess } from './stages.js';

describe('the back office in a browser', () =>
  officeTests(() => oneProcess({ GRAFANA_URL }), { page: true }));
