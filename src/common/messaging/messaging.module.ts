import { type DynamicModule, Global, Module } from '@nestjs/common';
import type { Api } from './contract.js';
import { createClient, ModuleClient } from './module.client.js';
import { ModuleTransport } from './module-transport.js';

/** Gives every module the typed clients of all others, by their contract as the injection token. */
@Global()
@Module({})
export class MessagingModule {
  static forRoot(apis: readonly Api[]): DynamicModule {
    const clients = apis.map((api) => ({
      provide: api,
      inject: [ModuleClient],
      useFactory: (proxy: ModuleClient) => createClient(api, proxy),
    }));
    return {
      module: MessagingModule,
      providers: [ModuleTransport, ModuleClient, ...clients],
      exports: [ModuleTransport, ...apis],
    };
  }
}
