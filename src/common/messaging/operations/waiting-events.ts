import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Reporter } from '../../operations/reporter.js';
import type { Subscriber } from '../contract.js';
import type { Broker } from '../rabbitmq/broker.js';
import { eventsQueue } from '../rabbitmq/names.js';
import type { HostedModules } from './hosted-modules.js';

/** How many events wait for the hosted modules, told to those who watch: at the broker, or parked in an inbox. */
@Injectable()
export class WaitingEvents implements OnModuleInit {
  constructor(
    private readonly hosted: HostedModules,
    private readonly subscribers: readonly Subscriber[],
    private readonly broker: Broker | null,
    private readonly reporter: Reporter,
  ) {}

  onModuleInit(): void {
    this.reporter.add('waiting', async () => {
      const modules = this.hosted.all().map(({ module }) => module);
      const consuming = this.subscribers.filter(
        ({ module, consumes }) => consumes.length > 0 && modules.includes(module),
      );
      const counts = await Promise.all(
        consuming.map(async ({ module }) => [module, await this.count(module)] as const),
      );
      return Object.fromEntries(counts);
    });
  }

  private async count(module: string): Promise<number> {
    const [row] = await this.hosted
      .of(module)
      .rows<{ parked: number }>("SELECT count(*)::float8 AS parked FROM inbox WHERE state = 'waiting'");
    const parked = row?.parked ?? 0;
    if (this.broker === null) return parked;
    const queue = await this.broker.withChannel((channel) => channel.checkQueue(eventsQueue(module)));
    return parked + queue.messageCount;
  }
}
