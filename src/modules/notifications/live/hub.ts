import { Injectable } from '@nestjs/common';
import { isStaff, type Principal } from '../../../common/security/principal.js';
import type { Push } from './push.js';

/** An open connection of somebody we know. `send` never throws. */
export interface Listener {
  readonly principal: Principal;
  send(text: string): void;
}

/** Knows who is listening, and brings each message to those who may see it. */
@Injectable()
export class Hub {
  private readonly byUser = new Map<string, Set<Listener>>();
  private readonly staff = new Set<Listener>();

  join(listener: Listener): void {
    const { userId } = listener.principal;
    const mine = this.byUser.get(userId) ?? new Set();
    this.byUser.set(userId, mine.add(listener));
    if (isStaff(listener.principal)) this.staff.add(listener);
  }

  leave(listener: Listener): void {
    const { userId } = listener.principal;
    const mine = this.byUser.get(userId);
    mine?.delete(listener);
    if (mine?.size === 0) this.byUser.delete(userId);
    this.staff.delete(listener);
  }

  countOf(userId: string): number {
    return this.byUser.get(userId)?.size ?? 0;
  }

  deliver({ type, data, userId, staff }: Push): void {
    const mine = userId === null ? undefined : this.byUser.get(userId);
    const audience = new Set([...(mine ?? []), ...(staff ? this.staff : [])]);
    if (audience.size === 0) return;
    const text = JSON.stringify({ type, data });
    for (const listener of audience) listener.send(text);
  }
}
