import { z } from 'zod';
import type { Clock } from '../clock.js';
import { readJson } from '../redis/read-json.js';
import type { RedisLink } from '../redis/redis-link.js';
import { type MemoryRevocations, Revocations } from './revocations.js';

/** A sorted set: session ids by the time (milliseconds) until which their tokens must be refused. */
const KEY = 'waybill:revoked';
const CHANNEL = 'revoked';
/** Longer than any access token lives, and than clocks differ. */
const FORGOTTEN_MS = 2 * 3_600_000;
/** Loading more would take longer than a command may. */
const MAX_LOADED = 10_000;

const REVOKE = `
  redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
  redis.call('PUBLISH', ARGV[5], ARGV[6])
  return 1`;

const Ended = z.tuple([z.uuid(), z.coerce.number()]);

/**
 * Revocations of all processes, each of which keeps them in its memory. They are told by pub/sub, and kept in
 * Redis for whoever was not there to hear. What Redis loses or never gets, RevocationPoll brings.
 */
export class RedisRevocations extends Revocations {
  constructor(
    private readonly memory: MemoryRevocations,
    private readonly link: RedisLink,
    private readonly clock: Clock,
  ) {
    super();
    const load = () => void this.load();
    link.listen(CHANNEL, { onMessage: (text) => this.learn(readJson(Ended, text)), onJoined: load });
    link.whenBack(load);
  }

  async revoke(sessionId: string, until: Date): Promise<void> {
    await this.memory.revoke(sessionId, until);
    const now = this.clock.now().getTime();
    const said = this.link.said(CHANNEL, JSON.stringify([sessionId, until.getTime()]));
    const forgotten = now - FORGOTTEN_MS;
    await this.link.ask((redis) =>
      redis.eval(REVOKE, 1, KEY, until.getTime(), sessionId, forgotten, FORGOTTEN_MS, ...said),
    );
  }

  isRevoked(sessionId: string): boolean {
    return this.memory.isRevoked(sessionId);
  }

  private async load(): Promise<void> {
    const now = this.clock.now().getTime();
    const found = await this.link.ask((redis) =>
      redis.zrevrangebyscore(KEY, '+inf', now, 'WITHSCORES', 'LIMIT', 0, MAX_LOADED),
    );
    for (let at = 0; found && at < found.length; at += 2)
      this.learn(Ended.safeParse(found.slice(at, at + 2)).data);
  }

  private learn(ended: z.infer<typeof Ended> | undefined): void {
    if (ended) void this.memory.revoke(ended[0], new Date(ended[1]));
  }
}
