/** A server that we started on this machine, for as long as we need it. */
export interface LocalService {
  /** amqp://user:password@127.0.0.1:port or redis://:password@127.0.0.1:port; the same after each start. */
  readonly url: string;
  /** Of the server itself: what `kill -9` and SIGSTOP are aimed at. Of the last one while none runs; 0 when that never ran. */
  readonly pid: number;
  /** Orderly, then by force after a few seconds; removes nothing but processes. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /**
   * Again, on the same port with the same data, after `stop` or `kill`, or when it died by itself; resolves when it
   * answers. Does nothing while it runs.
   *
   * @throws with the end of its log when it does not come up
   */
  start(): Promise<void>;
}
