import { z } from 'zod';
import { readJson } from '../../../common/redis/read-json.js';
import type { RedisLink } from '../../../common/redis/redis-link.js';
import { LocalBroadcaster } from './broadcaster.js';
import type { Hub } from './hub.js';
import type { Push } from './push.js';

const CHANNEL = 'pushes';
/** Characters. Far more than any event has; what is longer stays in this process. */
const MAX_LENGTH = 64 * 1024;

const PushSchema = z.strictObject({
  type: z.string().min(1).max(100),
  data: z.unknown(),
  userId: z.string().max(100).nullable(),
  staff: z.boolean(),
});

/** For the connections of all processes. While Redis is away, for those of this one. */
export class RedisBroadcaster extends LocalBroadcaster {
  constructor(
    hub: Hub,
    private readonly link: RedisLink,
  ) {
    super(hub);
    link.listen(CHANNEL, { onMessage: (text) => this.pass(text) });
  }

  override publish(push: Push): void {
    super.publish(push);
    const text = JSON.stringify(push);
    if (text.length > MAX_LENGTH) return;
    void this.link.ask((redis) => redis.publish(...this.link.said(CHANNEL, text)));
  }

  /** What another process published. */
  private pass(text: string): void {
    const push = text.length > MAX_LENGTH ? undefined : readJson<Push>(PushSchema, text);
    if (push) super.publish(push);
  }
}
