import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { Subscriber } from '../contract.js';
import { EventBus } from '../event-bus.js';
import type { Broker } from '../rabbitmq/broker.js';
import { DeadLetterQueue } from '../rabbitmq/dead-letter-queue.js';
import { Publisher } from '../rabbitmq/publisher.js';
import { DeadLetterGauges } from './dead-letter-gauges.js';
import { EventOperationsHttpController } from './event-operations.http.controller.js';
import { DEAD_LETTERS } from './dead-letters.js';
import { EventOperations } from './event-operations.service.js';
import { EventReplay } from './event-replay.js';
import { HostedModules } from './hosted-modules.js';
import { InboxDeadLetters } from './inbox-dead-letters.js';
import { Reporter } from '../../operations/reporter.js';
import { WaitingEvents } from './waiting-events.js';

export interface EventOperationsOptions {
  /** Of all modules there are, hosted or not. */
  subscribers: readonly Subscriber[];
  /** Null where all modules share the process. */
  broker: Broker | null;
}

/** The log of events, replay and dead letters, for administrators and for the modules that are hosted here. */
@Module({})
export class EventOperationsModule {
  static forRoot({ subscribers, broker }: EventOperationsOptions): DynamicModule {
    return {
      module: EventOperationsModule,
      imports: [DiscoveryModule],
      controllers: [EventOperationsHttpController],
      providers: [
        EventOperations,
        DeadLetterGauges,
        HostedModules,
        {
          provide: WaitingEvents,
          inject: [HostedModules, Reporter],
          useFactory: (hosted: HostedModules, reporter: Reporter) =>
            new WaitingEvents(hosted, subscribers, broker, reporter),
        },
        {
          provide: EventReplay,
          inject: [EventBus],
          useFactory: (bus: EventBus) => new EventReplay(subscribers, bus),
        },
        {
          provide: DEAD_LETTERS,
          inject: [HostedModules, { token: Publisher, optional: true }],
          useFactory: (hosted: HostedModules, publisher?: Publisher) => [
            new InboxDeadLetters(hosted),
            ...(broker && publisher ? [new DeadLetterQueue(broker, publisher, subscribers)] : []),
          ],
        },
      ],
    };
  }
}
