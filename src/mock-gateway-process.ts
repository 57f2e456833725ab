import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface MockGateway {
  url: string;
  stop(): Promise<void>;
}

const ENTRY = join(__dirname, 'mock-gateway', 'main.js');

/** Starts the mock payment gateway as a process of its own, and again when it dies. It ends with this process. */
export async function startMockGateway(ledgerPath: string): Promise<MockGateway> {
  let stopping = false;
  let child = spawn(ledgerPath, 0);
  const port = await listening(child);

  const watch = (current: ChildProcess) => {
    current.once('exit', () => {
      if (stopping) return;
      setTimeout(() => {
        if (stopping) return;
        child = spawn(ledgerPath, port);
        watch(child);
      }, 500);
    });
  };
  watch(child);

  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** In a process group of its own, so that Ctrl-C does not take it away under payments that still run. */
function spawn(ledgerPath: string, port: number): ChildProcess {
  return fork(ENTRY, {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      GATEWAY_PORT: String(port),
      GATEWAY_LEDGER: ledgerPath,
      GATEWAY_EXIT_WITH_PARENT: '1',
    },
  });
}

async function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port));
    child.once('exit', (code) => reject(new Error(`The mock gateway ended at its start (code ${code})`)));
  });
}
