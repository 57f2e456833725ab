import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Poller } from '../poller.js';
import { SYSTEM } from '../telemetry/work-context.js';
import { MemoryRevocations } from './revocations.js';

/** Where the sessions stand that have been ended: the last word, which no cache can lose. */
export abstract class RevocationSource {
  /** Those of which an access token may still be alive. */
  abstract recent(): Promise<{ sessionId: string; until: Date }[]>;
}

/** An ended session is refused by every process after this at the latest, with and without Redis. */
const INTERVAL_MS = 10_000;

/** Asks again and again which sessions were ended, since a process may not have been told. */
@Injectable()
export class RevocationPoll implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Revocations');
  private readonly poller: Poller;
  private failing = false;

  constructor(
    private readonly source: RevocationSource,
    private readonly memory: MemoryRevocations,
  ) {
    this.poller = new Poller({
      name: 'look for revocations',
      module: SYSTEM,
      intervalMs: INTERVAL_MS,
      task: () => this.look(),
    });
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.poller.stop();
  }

  /** Never rejects: the poller would wait ever longer, and the source be late once it answers again. */
  private async look(): Promise<number> {
    try {
      for (const { sessionId, until } of await this.source.recent())
        await this.memory.revoke(sessionId, until);
      if (this.failing) this.log.log('Ended sessions can be asked for again');
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.log.warn({ err: error }, 'Ended sessions cannot be asked for; it goes on trying');
      this.failing = true;
    }
    return 0;
  }
}
