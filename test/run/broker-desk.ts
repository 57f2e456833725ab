import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FromBroker, ToBroker } from './broker-process';

/** How tests find the desk. */
export const DESK = 'WAYBILL_TEST_BROKER_DESK';

/** What an asker reads, as one line of JSON. */
export type Answer = { url: string } | { error: string };

/**
 * Gives out the virtual hosts of one broker, in the process that outlives all tests of a run. The broker is started
 * for the first who asks. A virtual host is an asker's for as long as its connection lasts, however that ends.
 */
export class BrokerDesk {
  private readonly folder = mkdtempSync(join(tmpdir(), 'waybill-run-'));
  private readonly server: Server = createServer((socket) => void this.serve(socket));
  private broker: { process: ChildProcess; ready: Promise<FromBroker> } | undefined;
  private given = 0;

  async open(): Promise<void> {
    const path = join(this.folder, 'socket');
    chmodSync(this.folder, 0o755); // As root the broker runs as nobody.
    this.server.listen(path).unref();
    await once(this.server, 'listening');
    process.env[DESK] = path;
  }

  get hasBroker(): boolean {
    return this.broker !== undefined;
  }

  async close(): Promise<void> {
    this.server.close();
    if (this.broker) await endProcess(this.broker.process);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async serve(socket: Socket): Promise<void> {
    socket.on('error', () => undefined);
    this.broker ??= startBroker(this.folder);
    const found = await this.broker.ready;
    const vhost = 'vhosts' in found ? found.vhosts[this.given++] : undefined;
    if (vhost) socket.once('close', () => this.drop(vhost));
    socket.write(`${JSON.stringify(answerOf(found, vhost))}\n`);
    socket.resume();
  }

  private drop(vhost: string): void {
    const message: ToBroker = { drop: vhost };
    if (this.broker?.process.connected) this.broker.process.send(message);
  }
}

function answerOf(found: FromBroker, vhost: string | undefined): Answer {
  if ('error' in found) return found;
  if (vhost) return { url: `${found.url}/${vhost}` };
  return {
    error: 'all virtual hosts of this run are taken: raise their number in test/run/broker-process.ts',
  };
}

/** It ends when we do: it sees the channel to us close. */
function startBroker(folder: string): { process: ChildProcess; ready: Promise<FromBroker> } {
  const root = resolve(__dirname, '../..');
  const child = fork(join(root, 'scripts/run-ts.js'), [join(__dirname, 'broker-process.ts'), folder], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ready = new Promise<FromBroker>((settle) => {
    child.once('message', (message) => settle(message as FromBroker));
    child.once('exit', (code, signal) =>
      settle({ error: `the broker's process ended with ${signal ?? code}` }),
    );
    child.once('error', ({ message }) => settle({ error: message }));
  });
  child.unref();
  child.channel?.unref();
  return { process: child, ready };
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
