import { type RawData, WebSocket } from 'ws';
import { z } from 'zod';
import { isRefusal, ServiceErrors } from '../../../common/errors/common.errors.js';
import { DomainError } from '../../../common/errors/domain-error.js';
import type { OperationsDesk } from '../../../common/operations/operations-desk.js';
import { SwitchSchema } from '../../../common/operations/operations.schemas.js';
import type { Principal } from '../../../common/security/principal.js';
import type { TokenVerifier, VerifiedToken } from '../../../common/security/token-verifier.js';
import { NotificationErrors } from '../notifications.errors.js';
import { CloseCode } from './close-codes.js';
import type { Hub, Listener } from './hub.js';
import type { LiveLimits } from './live-limits.js';
import { runAs } from '../../../common/telemetry/work-context.js';

const AuthMessage = z.strictObject({ type: z.literal('auth'), token: z.string().min(1) });
/** From somebody we know. */
const KnownMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('watch'), what: z.literal('operations') }),
  z.strictObject({ type: z.literal('unwatch'), what: z.literal('operations') }),
  SwitchSchema.extend({ type: z.literal('switch') }),
]);
/** Timers count in 32 bits; a token that lives longer is looked at before it ends. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Just past its end a token is looked at. */
const PAST_END_MS = 50;
/** How long a client may take to say goodbye. */
const CLOSING_MS = 3000;

/** What a connection needs of the verifier. */
export type Tokens = Pick<TokenVerifier, 'verify'>;

/** What a connection needs of whoever shows how the system is. */
export type Desk = Pick<OperationsDesk, 'watch' | 'unwatch' | 'throwSwitch'>;

/** One client from its first message to its last: who it is, and for how long we believe it. */
export class LiveConnection implements Listener {
  private known: Principal | null = null;
  private token: string | null = null;
  private checking = false;
  private answered = true;
  private readonly authTimer: NodeJS.Timeout;
  private expiryTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly hub: Hub,
    private readonly verifier: Tokens,
    private readonly limits: LiveLimits,
    private readonly desk: Desk,
  ) {
    this.authTimer = setTimeout(
      () => this.refuse(NotificationErrors.AUTH_TIMEOUT(), CloseCode.AUTH_TIMEOUT),
      limits.authMs,
    );
    socket.on('message', (data, isBinary) => void this.receive(isBinary ? '' : asText(data)));
    socket.on('pong', () => {
      this.answered = true;
    });
    socket.on('close', () => this.over());
    // A client that breaks the protocol is closed by ws itself, right after this.
    socket.on('error', () => undefined);
  }

  /** Only of a connection that has joined the hub. */
  get principal(): Principal {
    if (!this.known) throw new Error('Nobody knows yet who this is');
    return this.known;
  }

  get authenticated(): boolean {
    return this.known !== null;
  }

  /** Drops the client when it does not read: what waits for it is memory of ours. */
  send(text: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount > this.limits.maxBuffered) this.socket.terminate();
    else this.socket.send(text, () => undefined);
  }

  /** Finds out who this is; afterwards the client is told `ready`, or why not. */
  async authenticate(token: string): Promise<void> {
    this.checking = true;
    try {
      const verified = await runAs('notifications', () => this.verifier.verify(token));
      if (this.socket.readyState === WebSocket.OPEN) this.welcome(verified, token);
    } catch (error) {
      this.refuseToken(error);
    } finally {
      this.checking = false;
    }
  }

  /** Looks again whether the token still holds: it may have expired, or its session may have been revoked. */
  async recheck(): Promise<void> {
    if (this.token === null || this.checking) return;
    this.checking = true;
    try {
      const { token } = this;
      await runAs('notifications', () => this.verifier.verify(token));
    } catch (error) {
      // That it cannot be found out at the moment is no reason to throw people out.
      if (isRefusal(error)) this.refuseToken(error);
    } finally {
      this.checking = false;
    }
  }

  ping(): void {
    if (!this.answered) return this.socket.terminate();
    this.answered = false;
    this.socket.ping(() => undefined);
  }

  close(code: number): void {
    this.socket.close(code);
    setTimeout(() => this.socket.terminate(), CLOSING_MS).unref();
  }

  private async receive(text: string): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const message = AuthMessage.safeParse(parsed(text));
    if (message.success && !this.known && !this.checking) return this.authenticate(message.data.token);
    const known = this.known && KnownMessage.safeParse(parsed(text)).data;
    if (known) return this.obey(known);
    const detail = this.known
      ? 'After "ready" there is only "watch", "unwatch" and "switch" to send, and those are for staff'
      : 'The first message must be {"type":"auth","token":"<access token>"}, and nothing may follow before "ready"';
    this.refuse(NotificationErrors.BAD_MESSAGE(detail), CloseCode.BAD_MESSAGE);
  }

  /** Refusals end the connection: an honest page asks for nothing that its user may not have. */
  private obey(message: z.output<typeof KnownMessage>): void {
    try {
      if (message.type === 'watch') return this.desk.watch(this);
      if (message.type === 'unwatch') return this.desk.unwatch(this);
      const { name, process, value } = message;
      this.desk.throwSwitch(this.principal, { name, process, value });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.refuse(error, CloseCode.FORBIDDEN);
    }
  }

  private welcome({ principal, expiresAt }: VerifiedToken, token: string): void {
    if (this.hub.countOf(principal.userId) >= this.limits.maxPerUser) {
      return this.refuse(NotificationErrors.TOO_MANY_CONNECTIONS(), CloseCode.TOO_MANY_CONNECTIONS);
    }
    clearTimeout(this.authTimer);
    this.known = principal;
    this.token = token;
    this.watchExpiry(expiresAt);
    // First told, then joined: nothing comes before `ready`.
    this.send(JSON.stringify({ type: 'ready' }));
    this.hub.join(this);
  }

  /** The verifier has the last word; this asks it at the right moment, and again if it was early. */
  private watchExpiry(expiresAt: Date): void {
    const wait = Math.max(0, expiresAt.getTime() - Date.now()) + PAST_END_MS;
    this.expiryTimer = setTimeout(
      () => {
        void this.recheck().then(() => {
          if (this.socket.readyState === WebSocket.OPEN) this.watchExpiry(expiresAt);
        });
      },
      Math.min(wait, LONGEST_TIMER_MS),
    );
  }

  private refuseToken(error: unknown): void {
    if (isRefusal(error)) return this.refuse(error, CloseCode.UNAUTHORIZED);
    this.refuse(error instanceof DomainError ? error : ServiceErrors.INTERNAL(), CloseCode.TRY_AGAIN_LATER);
  }

  private refuse(error: DomainError, code: number): void {
    this.send(JSON.stringify({ type: 'error', code: error.code, detail: error.message }));
    this.leave();
    this.close(code);
  }

  private over(): void {
    clearTimeout(this.authTimer);
    clearTimeout(this.expiryTimer);
    this.leave();
  }

  private leave(): void {
    if (this.known) {
      this.hub.leave(this);
      this.desk.unwatch(this);
    }
    this.token = null;
  }
}

function asText(data: RawData): string {
  return Array.isArray(data)
    ? Buffer.concat(data).toString('utf8')
    : Buffer.from(data as Buffer).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
