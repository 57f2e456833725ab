import { join } from 'node:path';
import { StandardSchemaSerializerInterceptor } from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Logger } from 'nestjs-pino';
import { apiDescription } from './api-description.js';
import { AppModule } from './app.module.js';
import { ProblemFilter } from './common/errors/problem.filter.js';
import { Lifecycle } from './common/health/lifecycle.js';
import { useAdmission } from './common/http/admission.hooks.js';
import { createHttpAdapter } from './common/http/http-adapter.js';
import { leadToDocumentation, serveDocumentation } from './common/http/documentation.js';
import { useRequestContext } from './common/http/request-context.hooks.js';
import { logRequests } from './common/http/request-log.hook.js';
import { useSecurityHeaders } from './common/http/security-headers.js';
import { countRequests } from './common/http/request-metrics.hook.js';
import { createValidationPipe } from './common/http/validation.pipe.js';
import { hasWebPage, serveWebPage } from './common/http/web-page.js';
import { ModuleTransport } from './common/messaging/module-transport.js';
import { Intake } from './common/messaging/rabbitmq/intake.js';
import { MODULE_NAMES, MODULES, moduleOfPath, parseModules, SUBSCRIBERS } from './modules.js';
import type { Surroundings } from './surroundings.js';

/** Where the build puts the web page, seen from src/ and from dist/. */
const WEB_PAGE = join(__dirname, '../dist/web');

/** Makes the application, migrated and with its message handlers in place, ready to listen. */
export async function createApplication(surroundings: Surroundings): Promise<NestFastifyApplication> {
  const { config, broker } = surroundings;
  const hosted = parseModules(config.modules);
  const adapter = createHttpAdapter(config);
  const root = await AppModule.hosting(hosted, surroundings);
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    bufferLogs: true,
    // What fails is thrown, and told once by whoever starts the application.
    autoFlushLogs: false,
    bodyParser: false,
    abortOnError: false,
  });
  app.useLogger(app.get(Logger));
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  useSecurityHeaders(fastify, config);
  useAdmission(fastify, moduleOfPath, {
    ceiling: config.admissionLimit,
    targetMs: config.admissionLatencyMs,
  });
  useRequestContext(fastify, moduleOfPath);
  countRequests(fastify);
  logRequests(fastify);
  closeConnectionsWhenStopping(fastify, app.get(Lifecycle));
  app.useGlobalFilters(new ProblemFilter());
  // It takes over what is global so far. Pipes and interceptors are for HTTP: messages come from modules, and the
  // transport checks each of them by its contract.
  const transport = app.get(ModuleTransport);
  app.connectMicroservice({ strategy: transport }, { inheritAppConfig: true });
  app.useGlobalPipes(createValidationPipe());
  app.useGlobalInterceptors(new StandardSchemaSerializerInterceptor(app.get(Reflector)));

  await app.startAllMicroservices();
  const apis = hosted.map((name) => MODULES[name].api);
  const subscribers = SUBSCRIBERS.filter(({ module }) => hosted.some((name) => name === module));
  transport.verify(apis, subscribers);
  serveDocumentation(app, apiDescription(config));
  // It calls every module at its own address, so it is of use only where that has them all.
  const whole = hosted.length === MODULE_NAMES.length;
  if (whole && hasWebPage(WEB_PAGE)) {
    const { seedDemo: demo, grafanaUrl } = config;
    await serveWebPage(fastify, { folder: WEB_PAGE, demo, grafanaUrl });
  } else leadToDocumentation(app);
  await app.init();
  if (broker !== null) app.get(Intake).start(apis, subscribers);
  return app;
}

/** While a process drains, every answer tells its client to connect elsewhere next time. */
function closeConnectionsWhenStopping(fastify: FastifyInstance, lifecycle: Lifecycle): void {
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (lifecycle.stopping) reply.header('Connection', 'close');
    done(null, payload);
  });
}
