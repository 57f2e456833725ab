import { Injectable } from '@nestjs/common';
import { Hub } from './hub.js';
import type { Push } from './push.js';

/**
 * Where pushes go. They are a convenience and may be lost: whoever must not miss anything reads the state again
 * after connecting. Never throws.
 */
export abstract class Broadcaster {
  abstract publish(push: Push): void;
}

/** For the connections of this process alone. */
@Injectable()
export class LocalBroadcaster extends Broadcaster {
  constructor(private readonly hub: Hub) {
    super();
  }

  publish(push: Push): void {
    this.hub.deliver(push);
  }
}
