import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { GaugePoll, shown } from '../../telemetry/gauge-poll.js';
import { deadLetters } from '../messaging.metrics.js';
import { DEAD_LETTERS, type DeadLetters } from './dead-letters.js';
import { HostedModules } from './hosted-modules.js';

/** Counts the dead letters of each hosted module, wherever they are kept. */
@Injectable()
export class DeadLetterGauges implements OnApplicationBootstrap, OnModuleDestroy {
  private polls: GaugePoll<number>[] = [];

  constructor(
    private readonly hosted: HostedModules,
    @Inject(DEAD_LETTERS) private readonly places: readonly DeadLetters[],
  ) {}

  onApplicationBootstrap(): void {
    this.polls = this.hosted.all().map(({ module }) => this.poll(module));
    for (const poll of this.polls) poll.onApplicationBootstrap();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.polls.map((poll) => poll.onModuleDestroy()));
  }

  private poll(module: string): GaugePoll<number> {
    return new GaugePoll({
      name: `gauges of dead letters of ${module}`,
      module,
      read: async () => {
        const counts = await Promise.all(this.places.map((place) => place.count(module)));
        return counts.reduce((sum, each) => sum + each, 0);
      },
      gauges: [shown(deadLetters, (count) => [[{}, count]])],
    });
  }
}
