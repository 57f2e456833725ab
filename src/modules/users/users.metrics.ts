import { DomainError } from '../../common/errors/domain-error.js';
import { measureRequests } from '../../common/http/request-metrics.hook.js';
import type { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { GaugePoll, shown } from '../../common/telemetry/gauge-poll.js';
import { counter, gauge, histogram } from '../../common/telemetry/instruments.js';

const requests = histogram({
  name: 'http_server_requests_seconds',
  help: 'HTTP requests to users, as Spring names them',
  labels: ['method', 'uri', 'status'],
});
export const usersRegistered = counter({
  name: 'users_registered_total',
  help: 'Accounts that were opened',
  startsAtZero: { module: 'users' },
});
const loginAttempts = counter({
  name: 'login_attempts_total',
  help: 'Attempts to log in: success, failure, throttled after too many, or unavailable: nobody could look',
  labels: ['status'],
  startsAtZero: {
    module: 'users',
    labels: [{ status: 'success' }, { status: 'failure' }, { status: 'throttled' }],
  },
});
export const tokensIssued = counter({
  name: 'jwt_tokens_issued_total',
  help: 'Access tokens that were signed',
  startsAtZero: { module: 'users' },
});
const activeSessions = gauge({
  name: 'active_sessions_current',
  help: 'Sessions that have neither ended nor expired',
});

measureRequests('users', ({ method, endpoint, status, seconds }) =>
  requests.observe({ method, uri: endpoint, status }, seconds),
);

/** Counts an attempt to log in by what came of it. */
export async function countLogin<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    const result = await attempt();
    loginAttempts.inc({ status: 'success' });
    return result;
  } catch (error) {
    loginAttempts.inc({ status: statusOf(error) });
    throw error;
  }
}

function statusOf(error: unknown): string {
  if (!(error instanceof DomainError) || error.status >= 500) return 'unavailable';
  return error.code === 'AUTH.TOO_MANY_ATTEMPTS' ? 'throttled' : 'failure';
}

export function sessionGauges(uow: UnitOfWork): GaugePoll<number> {
  return new GaugePoll({
    name: 'gauges of sessions',
    module: 'users',
    read: async () => {
      const [row] = await uow.rows<{ active: number }>(
        'SELECT count(*)::float8 AS active FROM sessions WHERE ended_at IS NULL AND expires_at > now()',
      );
      return row?.active ?? 0;
    },
    gauges: [shown(activeSessions, (active) => [[{}, active]])],
  });
}
