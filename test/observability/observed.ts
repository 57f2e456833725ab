import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from '../../lab/cluster.js';
import { MODULE_NAMES } from '../../src/modules.js';
import { Api } from '../api.js';
import { untilSettled } from '../chaos/settling.js';
import { eventually } from '../eventually.js';
import type { Waybill } from '../harness.js';
import { MailSink } from '../mail-sink.js';
import { redisForTest } from '../services.js';
import { startSplit } from '../split.js';
import { openStores, TEST_ENV, undoable } from '../stores.js';
import { OtlpReceiver } from './otlp-receiver.js';

/** A Waybill of real processes, with all that it tells of itself. */
export interface Observed extends Waybill {
  cluster: Cluster;
  receiver: OtlpReceiver;
  /** What its processes printed. */
  lines: string[];
  /** What each process answers to a scrape. */
  scrape(): Promise<string[]>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
  /** Resolves when its last spans have arrived as well. */
  told(): Promise<void>;
}

export type ObservedPlacement = 'one process' | 'a process each';

/** Everything that could be said is said: there is the more to find. */
const OBSERVED = { LOG_LEVEL: 'debug' };

/**
 * Starts a Waybill whose traces, metrics and logs are kept. Both placements have the same engines around them. With a
 * RABBITMQ_URL it is that one, else the one that all tests share.
 */
export function startObserved(
  placement: ObservedPlacement,
  env: Record<string, string> = {},
): Promise<Observed> {
  return undoable(async (undo) => {
    const receiver = await OtlpReceiver.start();
    undo.add(() => receiver.stop());
    const mails = new MailSink();
    await mails.start();
    undo.add(() => mails.stop());
    const lines: string[] = [];
    const settings = {
      ...OBSERVED,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      // All of them: what is looked at is what they tell.
      TRACES_PER_SECOND: '1000',
      SMTP_URL: `smtp://127.0.0.1:${mails.port}`,
      ...env,
    };
    const onLine = (_process: string, line: string) => void lines.push(line);
    const waybill =
      placement === 'a process each'
        ? await startSplit({
            env: settings,
            cluster: { onLine },
            ...(env['RABBITMQ_URL'] ? { rabbitmqUrl: env['RABBITMQ_URL'] } : {}),
          })
        : await startTogether(settings, onLine);
    undo.add(() => waybill.stop());
    const settled = () => untilSettled(waybill.sql, 30_000, () => Promise.resolve([]));
    return {
      ...waybill,
      receiver,
      lines,
      scrape: () =>
        Promise.all(
          waybill.cluster.members.map(async ({ port }) =>
            (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
          ),
        ),
      settled,
      told: async () => {
        await settled();
        await untilQuiet(receiver);
      },
    };
  });
}

/** All modules in one real process: libraries are traced only where they are loaded as in production. */
function startTogether(
  env: Record<string, string>,
  onLine: (process: string, line: string) => void,
): Promise<Waybill & { cluster: Cluster }> {
  return undoable(async (undo) => {
    const { folder, ...stores } = await openStores(undo);
    const redis = await redisForTest();
    undo.add(() => redis.stop());
    const settings = {
      ...TEST_ENV,
      DATA_DIR: folder,
      DATABASE_URL: stores.databaseUrl,
      GATEWAY_URL: stores.gateway.url,
      REDIS_URL: redis.url,
      ...env,
    };
    const cluster = await Cluster.start({ layout: [{ modules: MODULE_NAMES }], env: settings, onLine });
    undo.add(() => cluster.stop());
    return { ...stores, url: cluster.url, api: new Api(cluster.url), cluster };
  });
}

/** Processes send their spans once a second. */
const QUIET_MS = 1500;

async function untilQuiet(receiver: OtlpReceiver): Promise<void> {
  await eventually(async () => {
    const before = receiver.bodies.length;
    await sleep(QUIET_MS);
    if (receiver.bodies.length !== before) throw new Error('spans still arrive');
  }, 60_000);
}
