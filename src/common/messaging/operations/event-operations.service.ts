import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Page } from '../../http/paging.js';
import type { Principal } from '../../security/principal.js';
import { DEAD_LETTERS, type DeadLetterList, DeadLetters, type Retried } from './dead-letters.js';
import { EventLog, type EventQuery, type LoggedEvent, type WholeEvent } from './event-log.js';
import { EventReplay, type Replay, type Replayed } from './event-replay.js';
import { HostedModules } from './hosted-modules.js';

/** What administrators do with the events of hosted modules. Each method throws MODULE_NOT_HOSTED. */
@Injectable()
export class EventOperations {
  private readonly log = new Logger('EventOperations');

  constructor(
    private readonly hosted: HostedModules,
    private readonly replays: EventReplay,
    @Inject(DEAD_LETTERS) private readonly places: readonly DeadLetters[],
  ) {}

  list(module: string, query: EventQuery): Promise<Page<LoggedEvent>> {
    return this.logOf(module).list(query);
  }

  get(module: string, id: string): Promise<WholeEvent> {
    return this.logOf(module).get(id);
  }

  async replay(by: Principal, module: string, replay: Replay): Promise<Replayed> {
    const log = this.logOf(module);
    this.log.log({ user_id: by.userId }, `Replay of ${module} to ${replay.consumer}`);
    const replayed = await this.replays.replay(module, log, replay);
    this.log.log(
      { user_id: by.userId, events: replayed.events },
      `Replayed ${replayed.events} events of ${module} to ${replay.consumer}`,
    );
    return replayed;
  }

  /** The oldest first, wherever they are kept. */
  async deadLetters(module: string, limit: number): Promise<DeadLetterList> {
    this.hosted.of(module);
    const lists = await Promise.all(this.places.map((place) => place.list(module, limit)));
    const letters = lists.flatMap((list) => list.letters);
    letters.sort((a, b) => ((a.diedAt ?? '') < (b.diedAt ?? '') ? -1 : 1));
    return { letters: letters.slice(0, limit), total: lists.reduce((sum, { total }) => sum + total, 0) };
  }

  async retry(by: Principal, module: string, ids: readonly string[] | undefined): Promise<Retried> {
    this.hosted.of(module);
    const wanted = ids === undefined ? null : new Set(ids.map((id) => id.toLowerCase()));
    const sum: Retried = { retried: 0, left: 0 };
    for (const place of this.places) {
      const { retried, left } = await place.retry(module, wanted);
      sum.retried += retried;
      sum.left += left;
    }
    this.log.log(
      { user_id: by.userId, events: sum.retried },
      `Brought ${sum.retried} dead letters back to ${module}; ${sum.left} are left`,
    );
    return sum;
  }

  private logOf(module: string): EventLog {
    return new EventLog(this.hosted.of(module));
  }
}
