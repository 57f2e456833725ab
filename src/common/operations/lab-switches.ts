import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { OperationsChannel } from './operations-channel.js';
import { type Thrown, ThrownSchema } from './operations.schemas.js';
import type { Reporter } from './reporter.js';

/** Longer would only look like a dead process. */
const LONGEST_MS = 10_000;

/** What people do to their own system in the lab, to see how it bears that. Without LAB_SWITCHES it hears nothing. */
@Injectable()
export class LabSwitches implements OnModuleInit {
  private readonly log = new Logger('LabSwitches');
  private readonly acts = new Map<string, (value: Thrown['value']) => Promise<void>>();

  constructor(
    readonly on: boolean,
    private readonly channel: OperationsChannel,
    private readonly reporter: Pick<Reporter, 'id' | 'slowMs' | 'tellAtOnce'>,
  ) {}

  onModuleInit(): void {
    if (!this.on) return;
    this.channel.hear('switches', ThrownSchema, (thrown) => void this.throw(thrown));
  }

  /** A switch that any process may throw; several may do so for one person's doing. */
  add(name: string, act: (value: Thrown['value']) => Promise<void>): void {
    this.acts.set(name, act);
  }

  /** What requests, calls and events wait for first. */
  readonly holdUp = async (): Promise<void> => {
    if (this.reporter.slowMs > 0) await sleep(this.reporter.slowMs);
  };

  private async throw({ name, process: id, value, by }: Thrown): Promise<void> {
    if (id !== undefined && id !== this.reporter.id) return;
    const act = id === undefined ? this.acts.get(name) : undefined;
    if (!act && id === undefined) return;
    this.log.warn({ user_id: by }, `Somebody has thrown the switch ${name} (${value ?? 'no value'})`);
    if (name === 'kill' && id) process.kill(process.pid, 'SIGKILL');
    if (name === 'slow' && id) this.reporter.slowMs = Math.min(LONGEST_MS, Math.max(0, Number(value) || 0));
    try {
      await act?.(value);
    } catch (error) {
      this.log.warn({ err: error }, `The switch ${name} could not be thrown`);
    }
    await this.reporter.tellAtOnce();
  }
}
