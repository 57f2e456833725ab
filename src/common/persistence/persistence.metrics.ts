import type { Pool } from 'pg';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { GaugePoll, shown } from '../telemetry/gauge-poll.js';
import { gauge } from '../telemetry/instruments.js';
import { serviceOf } from '../telemetry/names.js';
import type { UnitOfWork } from './unit-of-work.js';

const outboxPending = gauge({
  name: 'outbox_pending',
  help: 'Events that are written and not handed on yet',
});
const outboxOldest = gauge({
  name: 'outbox_oldest_seconds',
  help: 'How long the oldest event has waited to be handed on; 0 when none does',
});
const poolConnections = gauge({
  name: 'db_client_connection_count',
  help: 'Connections of the pool to PostgreSQL',
  labels: ['state'],
});
const poolMax = gauge({
  name: 'db_client_connection_max',
  help: 'Connections that the pool may have at most',
});
const poolPending = gauge({
  name: 'db_client_connection_pending_requests',
  help: 'How many wait for a connection of the pool',
});

interface OutboxState {
  pending: number;
  oldest: number;
}

/** How many events wait in a module's outbox, and for how long. */
export function outboxGauges(uow: UnitOfWork): GaugePoll<OutboxState> {
  return new GaugePoll({
    name: `gauges of the outbox of ${uow.module}`,
    module: uow.module,
    read: async () => {
      const [row] = await uow.rows<{ pending: number; oldest: number }>(
        `SELECT count(*)::float8 AS pending,
           coalesce(greatest(extract(epoch FROM now() - min(occurred_at)), 0), 0)::float8 AS oldest
         FROM outbox WHERE published_at IS NULL`,
      );
      return row ?? { pending: 0, oldest: 0 };
    },
    gauges: [
      shown(outboxPending, ({ pending }) => [[{}, pending]]),
      shown(outboxOldest, ({ oldest }) => [[{}, oldest]]),
    ],
  });
}

/** Tells the state of a module's connections until it is closed. Names are OpenTelemetry's, for database clients. */
export class PoolGauges {
  private readonly stops: readonly (() => void)[];

  constructor({ module, dataSource }: UnitOfWork) {
    const pool = (dataSource.driver as PostgresDriver).master as Pool;
    const service = serviceOf(module);
    this.stops = [
      poolConnections.from(() => [
        { service, labels: { state: 'idle' }, value: pool.idleCount },
        { service, labels: { state: 'used' }, value: pool.totalCount - pool.idleCount },
      ]),
      poolMax.from(() => [{ service, labels: {}, value: pool.options.max ?? 10 }]),
      poolPending.from(() => [{ service, labels: {}, value: pool.waitingCount }]),
    ];
  }

  onModuleDestroy(): void {
    for (const stop of this.stops) stop();
  }
}
