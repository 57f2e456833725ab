import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../lab/free-port.js';
import { anOrder } from '../builders/order.builder.js';
import { eventually } from '../eventually.js';
import { type Observed, startObserved } from './observed.js';
import { OtlpReceiver } from './otlp-receiver.js';

/** Takes connections and never says anything. */
class BlackHole {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('error', () => undefined).resume();
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const dropped = async (waybill: Observed): Promise<number> =>
  (await waybill.scrape())
    .join('\n')
    .split('\n')
    .filter((line) => line.startsWith('telemetry_spans_dropped_total{'))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

describe('a collector that is of no use', () => {
  const hole = new BlackHole();
  const refusing: { receiver: OtlpReceiver | null } = { receiver: null };
  const addresses: Record<string, () => Promise<string>> = {
    'that is not there': async () => `http://127.0.0.1:${await freePort()}`,
    'that never answers': () => hole.open(),
    'that answers 503': async () => {
      refusing.receiver = await OtlpReceiver.start();
      refusing.receiver.status = 503;
      return refusing.receiver.url;
    },
  };
  afterAll(async () => {
    await hole.close();
    await refusing.receiver?.stop();
  });

  it('costs no order, and what it misses is counted', async () => {
    // Side by side: most of it is waiting for the collector's time to be over.
    await Promise.all(Object.entries(addresses).map(([which, address]) => doWithout(which, address)));
  }, 150_000);
});

async function doWithout(which: string, address: () => Promise<string>): Promise<void> {
  const waybill = await startObserved('one process', {
    OTEL_EXPORTER_OTLP_ENDPOINT: await address(),
    LOG_LEVEL: 'warn',
  });
  try {
    const token = await waybill.api.token('alice');
    const buy = async () => {
      const { status, body } = await waybill.api.post('/orders', anOrder().build(), { token });
      expect([which, status, status === 201 || body]).toEqual([which, 201, true]);
    };
    await Promise.all(Array.from({ length: 30 }, buy));
    await eventually(async () => {
      if ((await dropped(waybill)) === 0) throw new Error(`a collector ${which}: nothing was dropped yet`);
      await buy();
    }, 60_000);
    const warnings = waybill.lines.filter((line) => line.includes('Traces cannot be sent'));
    expect([which, warnings.length]).toEqual([which, 1]);
    // In time, and in order: what is killed has no exit code.
    const [member] = waybill.cluster.members;
    await member?.stop();
    expect([which, await member?.exited]).toEqual([which, { code: 0, signal: null }]);
  } finally {
    await waybill.stop();
  }
}
