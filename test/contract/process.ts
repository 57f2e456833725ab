import { type INestApplication, type LoggerService, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { ProblemFilter } from '../../src/common/errors/problem.filter.js';
import { createValidationPipe } from '../../src/common/http/validation.pipe.js';
import type { Api, ClientOf } from '../../src/common/messaging/contract.js';
import { MessagingModule } from '../../src/common/messaging/messaging.module.js';
import { ModuleTransport } from '../../src/common/messaging/module-transport.js';

/** A process that hosts the modules of a test, wired as Waybill is, without HTTP and database. */
export interface TestProcess {
  app: INestApplication;
  transport: ModuleTransport;
  client<A extends Api>(api: A): ClientOf<A>;
  /** What was logged as a warning or an error, as text. */
  complaints: string[];
  stop(): Promise<void>;
}

export interface ProcessOptions {
  controllers: Type[];
  /** The modules that it calls. */
  apis?: Api[];
  /** Of these, those that it hosts. By default all. */
  hosted?: Api[];
}

export async function startProcess({
  controllers,
  apis = [],
  hosted = apis,
}: ProcessOptions): Promise<TestProcess> {
  @Module({ imports: [MessagingModule.forRoot({ apis })], controllers })
  class Root {}

  const complaints: string[] = [];
  const app = await NestFactory.create(Root, new FastifyAdapter(), {
    abortOnError: false,
    logger: complainingTo(complaints),
  });
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(createValidationPipe());
  const transport = app.get(ModuleTransport);
  app.connectMicroservice({ strategy: transport }, { inheritAppConfig: true });
  await app.startAllMicroservices();
  transport.verify(hosted);
  await app.init();
  return {
    app,
    transport,
    client: <A extends Api>(api: A) => app.get<ClientOf<A>>(api),
    complaints,
    stop: () => app.close(),
  };
}

function complainingTo(complaints: string[]): LoggerService {
  const note = (...parts: unknown[]) => {
    complaints.push(parts.map((part) => (typeof part === 'string' ? part : describe(part))).join(' '));
  };
  return { log: () => undefined, warn: note, error: note, fatal: note };
}

function describe(part: unknown): string {
  const { err } = (part ?? {}) as { err?: unknown };
  return err instanceof Error ? `[${err.name}: ${err.message}]` : JSON.stringify(part);
}

/** Keeps all spans of this file. Call it before anything makes one. */
export function recordSpans(): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  return exporter;
}
