import { aUser, logIn, type TestUser } from '../builders/a-user.js';
import { anOrder } from '../builders/order.builder.js';
import { eventually, type Waybill } from '../harness.js';
import type { Who } from './access-table.js';
import { type RawAnswer, type Send, send } from './http.js';

export interface PlacedOrder {
  id: string;
  payment: { id: string };
  total: { amount: number; currency: string };
}

export interface Session {
  id: string;
  accessToken: string;
  refreshToken: string;
}

let keys = 0;

/** An Idempotency-Key that nobody has used. */
export function freshKey(): string {
  keys += 1;
  return `key-${keys}`;
}

/** Two customers, one of the staff and an administrator, each with an account of their own, and what they make. */
export class Stage {
  private constructor(
    readonly waybill: Waybill,
    readonly owner: TestUser,
    readonly other: TestUser,
    readonly staff: TestUser,
    readonly admin: TestUser,
  ) {}

  static async set(waybill: Waybill): Promise<Stage> {
    const { api } = waybill;
    const promoted = async (role: string): Promise<TestUser> => {
      const user = await aUser(api);
      const { status } = await api.put(
        `/users/${user.id}`,
        { roles: [role] },
        { token: await api.token('admin') },
      );
      if (status !== 200) throw new Error(`making ${role} answered ${status}`);
      return { ...user, ...(await logIn(api, user.email, user.password)) };
    };
    return new Stage(
      waybill,
      await aUser(api),
      // A password of their own, so that a change of the owner's does not fit.
      await aUser(api, { password: 'another horse battery' }),
      await promoted('staff'),
      await promoted('admin'),
    );
  }

  /** Asks for a path below /api/v1, or a whole one, as one of them. */
  ask(who: Who, method: string, path: string, options: Send = {}): Promise<RawAnswer> {
    const whole = path.startsWith('/api') ? path : `/api/v1${path}`;
    const token = who === 'nobody' ? {} : { token: this[who].accessToken };
    return send(this.waybill.url, method, whole, { ...options, ...token });
  }

  /** A confirmed order of the owner's: one mug. */
  async order(): Promise<PlacedOrder> {
    const { api } = this.waybill;
    const { status, body } = await api.post<PlacedOrder>('/orders', anOrder().build(), {
      token: this.owner.accessToken,
    });
    if (status !== 201) throw new Error(`placing an order answered ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** Another login, the owner's unless told otherwise: its session and its tokens. */
  async session({ email, password }: TestUser = this.owner): Promise<Session> {
    const { refreshToken, accessToken } = await logIn(this.waybill.api, email, password);
    const claims = accessToken.split('.')[1] ?? '';
    const { sid } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sid: string };
    return { id: sid, accessToken, refreshToken };
  }

  /** A notification of the owner's. */
  async notification(): Promise<{ id: string }> {
    const { api } = this.waybill;
    const text = { type: 'email', subject: 'Hello', body: 'How are you?' };
    const { status, body } = await api.post<{ id: string }>(
      '/notifications/send',
      { userId: this.owner.id, ...text },
      { token: this.staff.accessToken },
    );
    if (status !== 201) throw new Error(`sending a notification answered ${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** The id of an event that a module has told. */
  async event(module: string): Promise<string> {
    const [event] = await this.waybill.sql<{ id: string }>(
      `SELECT id FROM ${module}.outbox WHERE published_at IS NOT NULL ORDER BY seq LIMIT 1`,
    );
    if (!event) throw new Error(`${module} has told nothing yet`);
    return event.id;
  }

  /** Waits until no event is under way any more, so that what is counted afterwards stays as it is. */
  async quiet(): Promise<void> {
    await eventually(async () => {
      const busy = await this.waybill.sql<{ module: string }>(UNDER_WAY);
      if (busy.length > 0)
        throw new Error(`events are under way in ${busy.map(({ module }) => module).join(', ')}`);
    }, 20_000);
  }
}

export const MODULES = ['orders', 'inventory', 'payments', 'users', 'notifications', 'catalog'] as const;

const UNDER_WAY = MODULES.map(
  (module) =>
    `SELECT '${module}' AS module WHERE EXISTS (SELECT FROM ${module}.outbox WHERE published_at IS NULL)
     OR EXISTS (SELECT FROM ${module}.inbox WHERE state = 'waiting')`,
).join(' UNION ALL ');
