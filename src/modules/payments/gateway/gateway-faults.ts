import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Config } from '../../../common/config/config.js';
import { LabSwitches } from '../../../common/operations/lab-switches.js';
import { Reporter } from '../../../common/operations/reporter.js';
import { JsonExchange } from './json-exchange.js';

const WITHIN_MS = 1000;

/** As the mock gateway lists them. */
const FaultsSchema = z.object({
  faults: z.array(z.object({ kind: z.string().max(50), secondsLeft: z.number().nullable() })).max(40),
});
const KindSchema = z.enum(['error', 'timeout', 'slow', 'reset', 'decline']);

/**
 * Breaks the mock gateway and heals it, and tells those who watch what is broken. In the lab only. All replicas may do it
 * for one person's doing: a fault of the same kind is replaced.
 */
@Injectable()
export class GatewayFaults implements OnModuleInit, OnApplicationShutdown {
  private readonly exchange: JsonExchange | null;
  private known: string[] = [];

  constructor(
    { gatewayUrl }: Config,
    private readonly switches: LabSwitches,
    private readonly reporter: Reporter,
  ) {
    this.exchange = switches.on && gatewayUrl !== null ? new JsonExchange(gatewayUrl) : null;
  }

  onModuleInit(): void {
    const { exchange } = this;
    if (exchange === null) return;
    this.reporter.add('gateway', () => this.state(exchange));
    this.switches.add('gateway', async (value) => {
      await exchange.send({ method: 'DELETE', path: '/faults', within: WITHIN_MS });
      if (value === null) return;
      const kind = KindSchema.parse(value);
      const body = { kind, on: kind === 'decline' ? 'charge' : 'all' };
      await exchange.send({ method: 'POST', path: '/faults', body, within: WITHIN_MS });
    });
  }

  onApplicationShutdown(): void {
    this.exchange?.close();
  }

  /** What is broken, as far as is known; and whether the gateway answers. */
  private async state(exchange: JsonExchange) {
    try {
      const { body } = await exchange.send({ method: 'GET', path: '/faults', within: WITHIN_MS });
      this.known = FaultsSchema.parse(body).faults.map(({ kind }) => kind);
      return { reached: true, faults: this.known };
    } catch {
      return { reached: false, faults: this.known };
    }
  }
}
