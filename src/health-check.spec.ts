import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const PROGRAM = [join(__dirname, '../scripts/run-ts.js'), join(__dirname, 'health-check.ts')];

describe('the health check of a container', () => {
  let server: Server;
  let port: string;
  let status = 200;
  const asked: (string | undefined)[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = String((server.address() as AddressInfo).port);
  });
  afterAll(() => server.close());

  async function codeOf(env: Record<string, string>, ...args: string[]): Promise<number | null> {
    const child = spawn(process.execPath, [...PROGRAM, ...args], { env: { ...process.env, ...env } });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  }

  it('passes when the process answers that it is alive', async () => {
    expect(await codeOf({ PORT: port })).toBe(0);
    expect(asked).toEqual(['/health']);
  });

  it('fails when it answers anything else, or nothing', async () => {
    status = 503;
    expect(await codeOf({ PORT: port })).toBe(1);
    status = 200;
    expect(await codeOf({ PORT: '1' })).toBe(1);
  });

  it('asks another port where one is given', async () => {
    expect(await codeOf({ PORT: '1' }, port)).toBe(0);
  });
});
