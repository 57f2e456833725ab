import { request } from 'node:http';
import { environment } from './common/config/environment.js';
import { portOf } from './ports.js';

/** Less than container engines wait for it. */
const PATIENCE_MS = 2500;

/**
 * Whether the process in this container is alive, for an image without curl or a shell. An argument names another
 * port than that of the environment. Loads next to nothing: it runs every few seconds in every container.
 */
function main(): void {
  const { PORT, MODULES = 'all' } = environment();
  const port = Number(process.argv[2] ?? (PORT || portOf(MODULES.split(',').map((name) => name.trim()))));
  const asked = request({ host: '127.0.0.1', port, path: '/health', timeout: PATIENCE_MS, agent: false });
  asked.on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
  asked.on('timeout', () => process.exit(1));
  asked.on('error', () => process.exit(1));
  asked.end();
}

main();
