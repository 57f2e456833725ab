import type { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { GaugePoll, shown } from '../../common/telemetry/gauge-poll.js';
import { counter, gauge, histogram } from '../../common/telemetry/instruments.js';

export const notificationsSent = counter({
  name: 'notifications_sent_total',
  help: 'Notifications that came to their end: sent, failed, or suppressed because the user wants none',
  labels: ['type', 'status'],
});
const queueSize = gauge({
  name: 'notification_queue_size',
  help: 'Mails and text messages that wait to be sent',
});
export const connections = gauge({
  name: 'websocket_connections_current',
  help: 'Open WebSocket connections of this process',
});
export const emailDuration = histogram({
  name: 'email_send_duration_seconds',
  help: 'How long the mail server took to take a mail, or to refuse it',
});

export function queueGauges(uow: UnitOfWork): GaugePoll<number> {
  return new GaugePoll({
    name: 'gauges of notifications',
    module: 'notifications',
    read: async () => {
      const [row] = await uow.rows<{ queued: number }>(
        "SELECT count(*)::float8 AS queued FROM notifications WHERE status = 'queued'",
      );
      return row?.queued ?? 0;
    },
    gauges: [shown(queueSize, (queued) => [[{}, queued]])],
  });
}

/** Counts one that has its end from the start: kept, pushed or not wanted. What is queued is counted when it is sent. */
export function countAtBirth({ type, status }: { type: string; status: string }): void {
  if (status !== 'queued') notificationsSent.inc({ type, status });
}
