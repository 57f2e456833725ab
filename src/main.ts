import 'reflect-metadata';
import { tracing } from './instrument.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApplication } from './application.js';
import { banner } from './banner.js';
import { explainBootError } from './boot-errors.js';
import { Config } from './common/config/config.js';
import { environment } from './common/config/environment.js';
import { armFailpoint } from './common/failpoint.js';
import { Lifecycle } from './common/health/lifecycle.js';
import { listenWide } from './common/http/wide-listening.js';
import { bootLogger } from './common/telemetry/boot-logger.js';
import { measureNothing } from './common/telemetry/instruments.js';
import { createLogger } from './common/telemetry/logger.js';
import { Exit } from './exit.js';
import { MODULE_NAMES, parseModules } from './modules.js';
import { requireFreePort } from './port-check.js';
import { portOf } from './ports.js';
import { giveMemoryBackWhenQuiet } from './quiet-memory.js';
import { openSurroundings } from './surroundings.js';

/** How long load balancers get to notice that this process is not ready any more. */
const BALANCERS_MS = 1500;
/** Clients that are still slow by then are cut off, so that the rest can be closed in order. */
const DRAIN_MS = 6000;

const log = createLogger('info');
/** Where it listens, once that is clear. */
const address = { host: '127.0.0.1', port: 8000 };
const exit = new Exit({ complain: (message, error) => log.error({ err: error }, message) });

async function start(): Promise<void> {
  const env = environment();
  const config = new Config(env);
  armFailpoint(config.failpoint);
  if (!config.metrics) measureNothing();
  const say = config.production ? (line: string) => log.info(line) : print;
  exit.before(() => tracing.stop());
  Logger.overrideLogger(bootLogger(createLogger(config.logLevel)));
  const hosted = parseModules(config.modules);
  const port = config.port ?? portOf(hosted);
  Object.assign(address, { host: config.host, port });
  await requireFreePort(config.host, port);
  const surroundings = await openSurroundings(env, say);
  exit.before(() => surroundings.close());
  warnOfMakeshifts(config);
  const app = await createApplication(surroundings);
  exit.before(() => stopServing(app, config.production || config.servesOthers));
  await listenWide(app, port, config.host);
  if (exit.hasBegun) return;
  app.get(Lifecycle).markReady();
  const stopLooking = giveMemoryBackWhenQuiet();
  exit.before(() => Promise.resolve(stopLooking()));
  if (config.production) log.info(`Listening on ${await app.getUrl()}`);
  else
    print(
      banner({
        url: await urlOf(app),
        dataDir: config.dataDir,
        only: hosted.length === MODULE_NAMES.length ? null : hosted,
        demo: config.seedDemo,
      }),
    );
}

async function stopServing(app: NestFastifyApplication, balanced: boolean): Promise<void> {
  app.get(Lifecycle).markStopping();
  if (balanced) await sleep(BALANCERS_MS);
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), DRAIN_MS);
  await app.close();
  clearTimeout(cut);
}

/** Fine for a demo, and somebody should know when it is more than that. */
function warnOfMakeshifts({ production, databaseUrl, dataDir }: Config): void {
  if (production && !databaseUrl)
    log.warn(`No DATABASE_URL: all data is in ${dataDir}, on this machine only`);
}

/** As a person on this machine would type it. */
async function urlOf(app: NestFastifyApplication): Promise<string> {
  return (await app.getUrl()).replace(/\/\/(?:0\.0\.0\.0|\[::1?\])(?=:|$)/, '//localhost');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function failToStart(error: unknown): Promise<void> {
  const { LOG_LEVEL } = environment();
  process.stderr.write(`${explainBootError(error, address)}\n`);
  if (LOG_LEVEL === 'debug' || LOG_LEVEL === 'trace') process.stderr.write(`${(error as Error).stack}\n`);
  await exit.now(1);
}

function crash(error: unknown): void {
  log.fatal({ err: error }, 'An error that nobody handled: this process ends');
  void exit.now(1);
}

process.on('uncaughtException', crash).on('unhandledRejection', crash);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void exit.now(0));

const booted = start();
exit.after(booted);
void booted.catch(failToStart);
