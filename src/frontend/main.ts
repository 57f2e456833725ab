import { join } from 'node:path';
import { explainBootError } from '../boot-errors.js';
import { Config } from '../common/config/config.js';
import { environment } from '../common/config/environment.js';
import { createLogger } from '../common/telemetry/logger.js';
import { Exit } from '../exit.js';
import { PORTS } from '../ports.js';
import { createFrontend } from './frontend.js';

/** Beside dist/frontend. */
const WEB_PAGE = join(__dirname, '../web');

const log = createLogger('info');
const address = { host: '127.0.0.1', port: PORTS.frontend as number };
const exit = new Exit({ complain: (message, error) => log.error({ err: error }, message) });

/** Of Waybill's settings it knows these, which mean the same as elsewhere; its port is another one by default. */
function settings() {
  const { PORT: port = '', GATEWAY_URL = 'http://nobody', ...rest } = environment();
  const { NODE_ENV, HOST, SEED_DEMO, GRAFANA_URL } = rest;
  return new Config({
    NODE_ENV,
    HOST,
    SEED_DEMO,
    GRAFANA_URL,
    PORT: port || String(PORTS.frontend),
    GATEWAY_URL,
  });
}

async function start(): Promise<void> {
  const { host, port, production, seedDemo: demo, grafanaUrl } = settings();
  Object.assign(address, { host, port });
  const frontend = await createFrontend({ folder: WEB_PAGE, demo, grafanaUrl, production });
  exit.before(() => frontend.close());
  log.info(`The web page is at ${await frontend.listen({ host, port: port ?? PORTS.frontend })}`);
}

async function failToStart(error: unknown): Promise<void> {
  process.stderr.write(`${explainBootError(error, address)}\n`);
  await exit.now(1);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void exit.now(0));

const booted = start();
exit.after(booted);
void booted.catch(failToStart);
