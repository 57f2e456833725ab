import { request } from 'node:http';

/** `silent`: it has not said no, it has said nothing in time. */
export type Readiness = 'ready' | 'not ready' | 'silent';

/** Whether the process on this port of 127.0.0.1 says that it should be sent work. Never rejects. */
export function askReady(port: number, timeoutMs: number): Promise<Readiness> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/ready', agent: false, timeout: timeoutMs });
    asked.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200 ? 'ready' : 'not ready');
    });
    asked.on('timeout', () => {
      resolve('silent');
      asked.destroy();
    });
    asked.on('error', () => resolve('not ready'));
    asked.on('close', () => resolve('not ready'));
    asked.end();
  });
}
