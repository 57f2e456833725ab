import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Api, Subscriber } from './contract.js';
import { EventBus } from './event-bus.js';
import { createClient, ModuleClient } from './module.client.js';
import { ModuleTransport } from './module-transport.js';
import type { Broker } from './rabbitmq/broker.js';
import { CallSender } from './rabbitmq/call-sender.js';
import { Intake } from './rabbitmq/intake.js';
import { Publisher } from './rabbitmq/publisher.js';
import { RabbitEventBus } from './rabbitmq/rabbit-event-bus.js';
import { RabbitModules } from './rabbitmq/rabbit-modules.js';
import { RemoteModules, NoRemoteModules } from './remote-modules.js';

export interface MessagingOptions {
  /** Of all modules there are, hosted or not. */
  apis: readonly Api[];
  subscribers?: readonly Subscriber[];
  /** Null where all modules share the process. */
  broker?: Broker | null;
}

/** Gives every module the typed clients of all others, by their contract as the injection token. */
@Global()
@Module({})
export class MessagingModule {
  static forRoot({ apis, subscribers = [], broker = null }: MessagingOptions): DynamicModule {
    const clients = apis.map((api) => ({
      provide: api,
      inject: [ModuleClient],
      useFactory: (proxy: ModuleClient) => createClient(api, proxy),
    }));
    const distant = broker === null ? WITHOUT_BROKER : throughBroker(broker, subscribers);
    return {
      module: MessagingModule,
      providers: [ModuleTransport, ModuleClient, ...clients, ...distant],
      exports: [ModuleTransport, EventBus, ...(broker === null ? [] : [Intake, Publisher]), ...apis],
    };
  }
}

const WITHOUT_BROKER: Provider[] = [
  { provide: EventBus, useExisting: ModuleTransport },
  { provide: RemoteModules, useClass: NoRemoteModules },
];

function throughBroker(broker: Broker, subscribers: readonly Subscriber[]): Provider[] {
  return [
    { provide: Publisher, useFactory: () => new Publisher(broker, subscribers) },
    {
      provide: EventBus,
      inject: [Publisher],
      useFactory: (publisher: Publisher) => new RabbitEventBus(publisher, subscribers),
    },
    { provide: RemoteModules, useFactory: () => new RabbitModules(new CallSender(broker)) },
    {
      provide: Intake,
      inject: [Publisher, ModuleTransport, Config],
      useFactory: (publisher: Publisher, transport: ModuleTransport, config: Config) =>
        new Intake(broker, publisher, transport, config.eventAttempts),
    },
  ];
}
