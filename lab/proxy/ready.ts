import { request } from 'node:http';

/** Whether the process on this port of 127.0.0.1 says that it should be sent work. Never rejects. */
export function isReady(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/ready', agent: false, timeout: timeoutMs });
    asked.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.on('close', () => resolve(false));
    asked.end();
  });
}
