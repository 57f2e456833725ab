import { Logger } from '@nestjs/common';
import type { Channel } from '../domain/kinds.js';

/** The channels that have a server of their own, and so a queue. */
const SERVED: readonly Channel[] = ['email', 'sms'];

/** Remembers which servers are away, so that a long queue is not tried message by message against a dead one. */
export class ServerRest {
  private readonly log = new Logger('Courier');
  private readonly until = new Map<Channel, number>();

  constructor(private readonly restMs: number) {}

  /** The channels that are worth a try. */
  open(): Channel[] {
    return SERVED.filter((channel) => !this.resting(channel));
  }

  resting(channel: Channel): boolean {
    return (this.until.get(channel) ?? 0) > Date.now();
  }

  begin(channel: Channel, reason: string): void {
    if (!this.until.has(channel))
      this.log.warn(`Notifications by ${channel} wait: ${reason}. It is tried again`);
    this.until.set(channel, Date.now() + this.restMs);
  }

  /** It answered, whatever it said. */
  end(channel: Channel): void {
    if (this.until.delete(channel)) this.log.log(`Notifications by ${channel} go out again`);
  }
}
