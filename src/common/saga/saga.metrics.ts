import { GaugePoll, shown } from '../telemetry/gauge-poll.js';
import { counter, gauge, histogram } from '../telemetry/instruments.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';

export const stepDuration = histogram({
  name: 'saga_step_duration_seconds',
  help: 'Steps of workflows: ok, refused, unavailable (not executed), unknown, undone, or failed to be undone',
  labels: ['step', 'outcome'],
  exemplars: true,
});

export const recovered = counter({
  name: 'saga_recovered_total',
  help: 'Workflows that a sweeper took up: left behind by a crash, or waiting for an unknown outcome',
});

const oldest = gauge({
  name: 'saga_oldest_seconds',
  help: 'Age of the oldest workflow that has not ended; 0 when all have',
});

export function sagaGauges(uow: UnitOfWork): GaugePoll<number> {
  return new GaugePoll({
    name: `gauges of sagas of ${uow.module}`,
    module: uow.module,
    read: async () => {
      const [row] = await uow.rows<{ oldest: number }>(
        `SELECT coalesce(greatest(extract(epoch FROM now() - min(created_at)), 0), 0)::float8 AS oldest
         FROM sagas WHERE status IN ('running', 'compensating')`,
      );
      return row?.oldest ?? 0;
    },
    gauges: [shown(oldest, (age) => [[{}, age]])],
  });
}
