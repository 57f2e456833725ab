import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { LocalService } from '../lab/services/local-service.js';
import { startRedis } from '../lab/services/redis.js';
import { temporaryFolder } from './folder.js';
import { type Answer, DESK } from './run/broker-desk.js';

export interface TestBroker {
  /** Of a virtual host that nobody else has had. */
  url: string;
  /** Gives it back; what lies in it is deleted soon after. */
  release(): Promise<void>;
}

/**
 * A virtual host of the one RabbitMQ that all tests of a Jest run share. The first who asks waits for it to boot. To
 * kill a broker, start one of your own: `startRabbitMq`.
 *
 * @throws with what to install when RabbitMQ is not on this machine
 */
export async function rabbitForTest(): Promise<TestBroker> {
  const path = process.env[DESK];
  if (!path) throw new Error('rabbitForTest() is for tests run by Jest with the settings of jest.config.js');
  const socket = connect(path);
  const gone = once(socket, 'close');
  const [line] = (await once(createInterface({ input: socket }), 'line')) as [string];
  const answer = JSON.parse(line) as Answer;
  if ('error' in answer) {
    socket.destroy();
    throw new Error(answer.error);
  }
  socket.unref();
  return {
    url: answer.url,
    release: async () => {
      socket.destroy();
      await gone;
    },
  };
}

/** A Redis of one's own, empty; it starts in some 20 ms. `stop` also removes its folder. */
export async function redisForTest(): Promise<LocalService> {
  const folder = await temporaryFolder('redis');
  const redis = await startRedis({ folder });
  const stop = redis.stop.bind(redis);
  return Object.assign(redis, {
    stop: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  });
}
