/** What one client may take, and how long it may take. Times in milliseconds, sizes in bytes. */
export interface LiveLimits {
  /** Until the token must be there. */
  authMs: number;
  /** Between two pings. Who has not answered the one before is gone. */
  pingMs: number;
  /** Between two looks whether the session was revoked. */
  recheckMs: number;
  maxPayload: number;
  /** What may wait to be read by a client. Beyond, it is too slow and is dropped. */
  maxBuffered: number;
  maxPerUser: number;
  /** Connections altogether. */
  maxTotal: number;
  /** Connections that have not said yet who they are. */
  maxUnknown: number;
}

/** Injection token. */
export const LIVE_LIMITS = Symbol('LiveLimits');

export const DEFAULT_LIMITS: LiveLimits = {
  authMs: 5000,
  pingMs: 30_000,
  recheckMs: 5000,
  maxPayload: 4096,
  maxBuffered: 1024 * 1024,
  maxPerUser: 20,
  maxTotal: 10_000,
  maxUnknown: 1000,
};
