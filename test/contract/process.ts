import { Global, type INestApplication, type LoggerService, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { ProblemFilter } from '../../src/common/errors/problem.filter.js';
import { createValidationPipe } from '../../src/common/http/validation.pipe.js';
import { Config } from '../../src/common/config/config.js';
import type { Api, ClientOf, Subscriber } from '../../src/common/messaging/contract.js';
import { MessagingModule } from '../../src/common/messaging/messaging.module.js';
import { ModuleTransport } from '../../src/common/messaging/module-transport.js';
import { Broker } from '../../src/common/messaging/rabbitmq/broker.js';
import { Intake } from '../../src/common/messaging/rabbitmq/intake.js';
import { eventually } from '../eventually.js';

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
  /** All modules that take in events, hosted or not. */
  subscribers?: Subscriber[];
  /** Where it meets the other processes. Without, it is alone. */
  rabbitmqUrl?: string;
  /** Settings, as its environment would have them. */
  env?: Record<string, string>;
  /** Whether the test waits until it is ready. By default it does. */
  awaited?: boolean;
}

export async function startProcess(options: ProcessOptions): Promise<TestProcess> {
  const { controllers, apis = [], hosted = apis, subscribers = [], rabbitmqUrl, awaited = true } = options;
  const broker = rabbitmqUrl === undefined ? null : new Broker(rabbitmqUrl, 'test');
  @Global()
  @Module({ providers: [{ provide: Config, useValue: new Config(options.env ?? {}) }], exports: [Config] })
  class Core {}
  @Module({ imports: [Core, MessagingModule.forRoot({ apis, subscribers, broker })], controllers })
  class Root {}

  await broker?.connect();
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
  if (broker) {
    const intake = app.get(Intake);
    intake.start(hosted, subscribers);
    if (awaited) await eventually(() => expect(intake.trouble()).toBeNull());
  }
  return {
    app,
    transport,
    client: <A extends Api>(api: A) => app.get<ClientOf<A>>(api),
    complaints,
    stop: async () => {
      await app.close();
      await broker?.close();
    },
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
