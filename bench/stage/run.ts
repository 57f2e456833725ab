import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startGateway } from '../../lab/engines/gateway.js';
import type { Services } from '../../lab/services/find-services.js';
import type { LedgerEntry } from '../../src/mock-gateway/ledger.js';
import { lookAtBroker, stirringAt } from '../../test/chaos/broker-view.js';
import { check, report } from '../../test/chaos/checker.js';
import { readLines } from '../../test/chaos/evidence.js';
import type { Belongings } from './belongings.js';
import { type Admin, connected } from './databases.js';
import { type Processes, startOne, startSplit } from './processes.js';
import { untilQuiet, WATCHER_SETTINGS } from './settling.js';
import type { Server } from './server.js';
import type { Stage } from './stage.js';

/** How a Waybill is put up: as shipped, where nothing is said. */
export interface Setup {
  split?: boolean;
  telemetry?: boolean;
  gatewayDelayMs?: number;
}

const AS_SHIPPED = { NODE_ENV: 'production', HOST: '127.0.0.1' };
/** A round may take long, and passwords are not what is measured. */
const FOR_LOAD = { ACCESS_TOKEN_SECONDS: '3600', PASSWORD_HASH_MEMORY_KIB: '64' };

interface Start {
  stage: Stage;
  setup: Setup;
  server: Server;
  folder: string;
  /** What ends with the run. */
  own: Belongings;
}

/** A violated invariant: what was measured before it counts as nothing. */
export class Violation extends Error {}

const UNFINISHED = `SELECT a.id FROM unnest($1::uuid[]) AS a (id)
  LEFT JOIN orders.orders o ON o.id = a.id AND o.status = 'confirmed' AND o.payment_status = 'captured'
  LEFT JOIN payments.payments p ON p.id = o.payment_id AND p.status = 'captured'
  LEFT JOIN inventory.reservations r ON r.order_id = a.id AND r.status = 'committed'
  WHERE o.id IS NULL OR p.id IS NULL OR r.order_id IS NULL`;

/** One Waybill, fresh, and all that there is to know about it. */
export class Run {
  private readonly acknowledged: string[] = [];

  private constructor(
    readonly stage: Stage,
    readonly server: Server,
    readonly waybill: Processes,
    readonly gatewayPid: number,
    readonly admin: Admin,
    private readonly watcher: Admin,
    /** The gateway's file. */
    readonly ledger: string,
    private readonly broker: Services | null,
  ) {}

  static async start({ stage, setup, server, folder, own }: Start): Promise<Run> {
    const { keeper, sink } = stage;
    const broker = setup.split ? await stage.broker() : null;
    const ledger = join(folder, 'ledger.jsonl');
    if (existsSync(stage.firstLedger)) await copyFile(stage.firstLedger, ledger);
    const gateway = await startGateway({ ledger, keeper, delayMs: setup.gatewayDelayMs ?? 0 });
    await own.add(() => gateway.stop());
    const env = {
      ...AS_SHIPPED,
      ...FOR_LOAD,
      DATA_DIR: folder,
      DATABASE_URL: server.url,
      GATEWAY_URL: gateway.url,
      ...(broker && { RABBITMQ_URL: broker.rabbitmqUrl, REDIS_URL: broker.redisUrl }),
      ...(setup.telemetry === false ? { METRICS: 'off' } : { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url }),
    };
    const waybill = await (setup.split ? startSplit : startOne)({ env, folder, keeper });
    await own.add(() => waybill.stop());
    const admin = await connected(server.url);
    await own.add(() => admin.end());
    const watcher = await connected(server.url, WATCHER_SETTINGS);
    await own.add(() => watcher.end());
    return new Run(stage, server, waybill, gateway.pid, admin, watcher, ledger, broker);
  }

  /** Waits until nothing is under way; answers when that was, in `performance.now()` milliseconds. */
  settled(): Promise<number> {
    const { broker } = this;
    return untilQuiet(this.watcher.sql, broker ? () => stirringAt({ url: broker.rabbitmqUrl }) : undefined);
  }

  /** Orders that customers were told are placed: all of them must be there at the end. */
  remember(orderIds: readonly string[]): void {
    for (const id of orderIds) this.acknowledged.push(id);
  }

  /** The invariants of the chaos tests. @throws {Violation} */
  async check(): Promise<void> {
    if (this.acknowledged.length === 0) return;
    await this.settled();
    // The planner knows these tables as they were when they were empty.
    await this.admin.sql('ANALYZE');
    const findings = await check({
      sql: this.admin.sql,
      ledger: await readLines<LedgerEntry>(this.ledger),
      sightings: this.acknowledged.map((orderId) => ({
        kind: 'placed',
        user: '',
        key: orderId,
        status: 201,
        orderId,
        code: null,
      })),
      ...(this.broker && { broker: await lookAtBroker({ url: this.broker.rabbitmqUrl }) }),
    });
    const broken = findings.filter(({ state }) => state === 'VIOLATED' || state === 'inconclusive');
    if (broken.length > 0) throw new Violation(`Invariants do not hold:\n${report(broken)}`);
  }

  /**
   * Whether all acknowledged orders are there, paid and with their stock: what can be asked of a store with millions of
   * others, of which the gateway knows nothing. @throws {Violation}
   */
  async checkAcknowledged(): Promise<void> {
    await this.settled();
    const missing = await this.admin.sql<{ id: string }>(UNFINISHED, [this.acknowledged]);
    if (missing.length > 0)
      throw new Violation(`${missing.length} acknowledged orders are not finished, ${missing[0]?.id} is one`);
  }
}
