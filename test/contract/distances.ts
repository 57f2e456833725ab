import type { Type } from '@nestjs/common';
import type { Api } from '../../src/common/messaging/contract.js';
import { rabbitForTest } from '../services.js';
import { startProcess, type TestProcess } from './process.js';

/** Who calls and who answers: one process, or two. */
export interface Ends {
  caller: TestProcess;
  callee: TestProcess;
  stop(): Promise<void>;
}

export interface EndsOptions {
  controllers: Type[];
  /** Of the module that answers. */
  api: Api;
  /** Called, and hosted by nobody. */
  nowhere?: Api[];
}

export interface Distance {
  name: string;
  /** What all pairs at this distance share, and how to end it. */
  open(): Promise<{ start(options: EndsOptions): Promise<Ends>; close(): Promise<void> }>;
}

const WITHIN_A_PROCESS: Distance = {
  name: 'within a process',
  open: () =>
    Promise.resolve({
      start: async ({ controllers, api, nowhere = [] }) => {
        const process = await startProcess({ controllers, apis: [api, ...nowhere], hosted: [api] });
        return { caller: process, callee: process, stop: () => process.stop() };
      },
      close: () => Promise.resolve(),
    }),
};

const OVER_RABBITMQ: Distance = {
  name: 'over RabbitMQ',
  open: async () => {
    const { url: rabbitmqUrl, release } = await rabbitForTest();
    return {
      start: async ({ controllers, api, nowhere = [] }) => {
        const apis = [api, ...nowhere];
        const caller = await startProcess({ controllers: [], apis, hosted: [], rabbitmqUrl });
        // Last, for what is logged goes to the process that was made last.
        const callee = await startProcess({ controllers, apis, hosted: [api], rabbitmqUrl });
        const stop = async () => {
          await caller.stop();
          await callee.stop();
        };
        return { caller, callee, stop };
      },
      close: release,
    };
  },
};

export const DISTANCES: readonly Distance[] = [WITHIN_A_PROCESS, OVER_RABBITMQ];
