import { hostname } from 'node:os';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HealthCheckResult } from '@nestjs/terminus';
import { z } from 'zod';
import { Lifecycle } from '../health/lifecycle.js';
import { Readiness } from '../health/readiness.js';
import { newId } from '../ids.js';
import { recentProblems } from '../telemetry/recent-problems.js';
import { MetricsWindow, type WatchedMetrics } from './metrics-window.js';
import { OperationsChannel } from './operations-channel.js';
import { type Report, ReportSchema } from './operations.schemas.js';

/** Several may ask in the same moment: they share an answer. */
const SHARED_MS = 800;
/** Nobody has asked for so long: what was kept to answer is dropped. */
const FORGET_MS = 60_000;

export interface ReporterOptions {
  modules: readonly string[];
  metrics: WatchedMetrics;
}

/**
 * Tells how this process is, each time that somebody who watches asks. While nobody does, it does nothing at all.
 */
@Injectable()
export class Reporter implements OnModuleInit, OnModuleDestroy {
  /** This run of the process. */
  readonly id = newId();
  /** Milliseconds by which a switch of the lab slows this process. */
  slowMs = 0;
  private readonly startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString();
  private readonly window: MetricsWindow;
  private readonly extras = new Map<string, () => Promise<unknown>>();
  private reported = Number.NEGATIVE_INFINITY;
  private cpu = { at: performance.now(), used: process.cpuUsage() };
  private busy = false;
  private forget: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ReporterOptions,
    private readonly channel: OperationsChannel,
    private readonly lifecycle: Lifecycle,
    private readonly readiness: Readiness,
    private readonly host: HttpAdapterHost,
  ) {
    this.window = new MetricsWindow(options.metrics);
  }

  onModuleInit(): void {
    this.channel.hear('asked', z.strictObject({}), () => void this.answer());
  }

  onModuleDestroy(): void {
    clearTimeout(this.forget);
  }

  /** Has `read` add to each report, under a name of its own. What it rejects with is left out. */
  add(name: string, read: () => Promise<unknown>): void {
    this.extras.set(name, read);
  }

  /** Tells now what has just changed, and not with the next report. */
  async tellAtOnce(): Promise<void> {
    this.reported = Number.NEGATIVE_INFINITY;
    await this.answer();
  }

  private async answer(): Promise<void> {
    if (this.busy || performance.now() - this.reported < SHARED_MS) return;
    this.busy = true;
    this.reported = performance.now();
    clearTimeout(this.forget);
    this.forget = setTimeout(() => this.window.forget(), FORGET_MS).unref();
    try {
      const report = ReportSchema.safeParse(await this.report());
      if (report.success) this.channel.say('reports', report.data);
    } finally {
      this.busy = false;
    }
  }

  private async report(): Promise<Report> {
    const [health, measured, extras] = await Promise.all([
      this.readiness.check(),
      this.window.read(),
      this.readExtras(),
    ]);
    const { gauges, ...counted } = measured;
    return {
      process: {
        id: this.id,
        instance: this.instance(),
        pid: process.pid,
        modules: [...this.options.modules],
        startedAt: this.startedAt,
        state: this.state(health.status === 'ok'),
        failing: failingIn(health),
        memoryBytes: process.memoryUsage.rss(),
        cpu: this.cpuSinceLast(),
        slowMs: this.slowMs,
        gauges,
        extras,
      },
      ...counted,
      problems: [...recentProblems()],
    };
  }

  private state(ready: boolean): Report['process']['state'] {
    if (this.lifecycle.stopping) return 'stopping';
    if (!this.lifecycle.ready) return 'starting';
    return ready ? 'ready' : 'not-ready';
  }

  private instance(): string {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    const { port = 0 } = (server.address() as AddressInfo | null) ?? {};
    return `${hostname()}:${port}`;
  }

  private cpuSinceLast(): number {
    const { at, used } = this.cpu;
    const { user, system } = process.cpuUsage(used);
    this.cpu = { at: performance.now(), used: process.cpuUsage() };
    const microseconds = (this.cpu.at - at) * 1000;
    return microseconds > 0 ? Math.round((100 * (user + system)) / microseconds) / 100 : 0;
  }

  private async readExtras(): Promise<Record<string, unknown>> {
    const read = await Promise.all(
      [...this.extras].map(async ([name, extra]) => {
        try {
          return [[name, await extra()] as const];
        } catch {
          return [];
        }
      }),
    );
    return Object.fromEntries(read.flat());
  }
}

function failingIn({ error = {} }: HealthCheckResult): Record<string, string> {
  return Object.fromEntries(
    Object.entries(error).map(([name, part]) => [name, String(part?.['message'] ?? 'down').slice(0, 400)]),
  );
}
