import {
  Injectable,
  Logger,
  type OnApplicationShutdown,
  Optional,
  ServiceUnavailableException,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { HealthCheckService, type HealthCheckResult, HealthIndicatorService } from '@nestjs/terminus';
import { Intake } from '../messaging/rabbitmq/intake.js';
import { ModuleDatabases } from '../persistence/module-databases.js';
import { UnitOfWork } from '../persistence/unit-of-work.js';
import { DatabaseProbe } from './database-probe.js';
import { Lifecycle } from './lifecycle.js';

/** Milliseconds that a database has to answer in. */
const PATIENCE_MS = 1000;
/** Answers are shared for this long, so that nobody can make the databases work by asking often. */
const SHARED_MS = 250;

/**
 * Whether this process should be sent work: it has started, is not stopping, its modules' databases answer, and
 * the broker, if there is one, sends it what is meant for it.
 */
@Injectable()
export class Readiness implements OnApplicationShutdown {
  private readonly log = new Logger('Readiness');
  private readonly probes = new Map<string, DatabaseProbe>();
  private failing = '';
  private wasReady = false;

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly databases: ModuleDatabases,
    private readonly discovery: DiscoveryService,
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    @Optional() private readonly intake?: Intake,
  ) {}

  /** `status` is `ok` when all is well; else `error` names the parts that are not. */
  async check(): Promise<HealthCheckResult> {
    const result = await this.run();
    this.noteChange(Object.keys(result.error ?? {}).join(', '));
    return result;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.probes.values()].map((probe) => probe.close()));
  }

  private async run(): Promise<HealthCheckResult> {
    const { intake } = this;
    const needs = this.lifecycle.stopping
      ? []
      : [
          ...this.hostedModules().map((module) => () => this.database(module)),
          ...(intake ? [() => this.broker(intake)] : []),
        ];
    try {
      return await this.checks.check([() => this.process(), ...needs]);
    } catch (error) {
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }

  private process() {
    const indicator = this.indicators.check('process');
    if (this.lifecycle.ready) return indicator.up();
    return indicator.down(this.lifecycle.stopping ? 'stopping' : 'starting');
  }

  private broker(intake: Intake) {
    const indicator = this.indicators.check('broker');
    const trouble = intake.trouble();
    return trouble === null ? indicator.up() : indicator.down(trouble);
  }

  private database(module: string) {
    const probe = this.probes.get(module) ?? new DatabaseProbe(this.databases.of(module).url, module);
    this.probes.set(module, probe);
    return this.indicators
      .check(`database.${module}`)
      .attempt(({ signal }) => probe.ask(signal))
      .withTimeout(PATIENCE_MS)
      .cacheFor(SHARED_MS);
  }

  /** Every hosted module that keeps something has a unit of work. */
  private hostedModules(): string[] {
    const instances = this.discovery.getProviders().map(({ instance }): unknown => instance);
    const modules = instances
      .filter((instance) => instance instanceof UnitOfWork)
      .map(({ module }) => module);
    return [...new Set(modules)].sort();
  }

  private noteChange(failing: string): void {
    if (failing === '') this.wasReady = true;
    // Whoever starts is not ready, and that is no news.
    if (failing === this.failing || this.lifecycle.stopping || !this.wasReady) return;
    this.failing = failing;
    if (failing) this.log.warn(`Not ready: ${failing}`);
    else this.log.log('Ready again');
  }
}
