import { StandardSchemaSerializerInterceptor } from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Logger } from 'nestjs-pino';
import { apiDescription } from './api-description.js';
import { AppModule } from './app.module.js';
import type { Config } from './common/config/config.js';
import { ProblemFilter } from './common/errors/problem.filter.js';
import { Lifecycle } from './common/health/lifecycle.js';
import { createHttpAdapter } from './common/http/http-adapter.js';
import { serveDocumentation } from './common/http/documentation.js';
import { useRequestContext } from './common/http/request-context.hooks.js';
import { logRequests } from './common/http/request-log.hook.js';
import { createValidationPipe } from './common/http/validation.pipe.js';
import { ModuleTransport } from './common/messaging/module-transport.js';
import type { ModuleDatabases } from './common/persistence/module-databases.js';
import { MODULES, moduleOfPath, parseModules } from './modules.js';

/** Makes the application, migrated and with its message handlers in place, ready to listen. */
export async function createApplication(
  config: Config,
  databases: ModuleDatabases,
): Promise<NestFastifyApplication> {
  const hosted = parseModules(config.modules);
  const adapter = await createHttpAdapter(config);
  const root = await AppModule.hosting(hosted, config, databases);
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bufferLogs: true,
    // What fails is thrown, and told once by whoever starts the application.
    autoFlushLogs: false,
    bodyParser: false,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  useRequestContext(fastify, moduleOfPath);
  logRequests(fastify);
  closeConnectionsWhenStopping(fastify, app.get(Lifecycle));
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(createValidationPipe());
  app.useGlobalInterceptors(new StandardSchemaSerializerInterceptor(app.get(Reflector)));

  const transport = app.get(ModuleTransport);
  app.connectMicroservice({ strategy: transport }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  transport.verify(hosted.map((name) => MODULES[name].api));
  serveDocumentation(app, apiDescription(config));
  await app.init();
  return app;
}

/** While a process drains, every answer tells its client to connect elsewhere next time. */
function closeConnectionsWhenStopping(fastify: FastifyInstance, lifecycle: Lifecycle): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (lifecycle.stopping) reply.header('Connection', 'close');
    done(null, payload);
  });
}
