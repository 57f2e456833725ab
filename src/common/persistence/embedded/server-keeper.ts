import { copyFileSync, statSync, truncateSync } from 'node:fs';
import { findPostmaster, type Installation, startPostmaster, stopPostmaster } from './postmaster.js';

const watchMs = 500;
const maxLogBytes = 4 * 1024 * 1024;

/**
 * Keeps the server up between start and stop: starts it again on its port when it has died, and keeps its log short.
 * A server that only restarts its backends after a crash of one of them does so by itself.
 */
export class ServerKeeper {
  private readonly timer: NodeJS.Timeout;
  private restarting: Promise<void> | undefined;
  private lastComplaint = '';

  constructor(
    private readonly installation: Installation,
    private readonly port: number,
    private readonly log: (line: string) => void,
  ) {
    this.timer = setInterval(() => this.watch(), watchMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.restarting;
    await stopPostmaster(this.installation.cluster.path);
  }

  private watch(): void {
    try {
      boundLog(this.installation.logFile);
      if (!this.restarting && !findPostmaster(this.installation.cluster.path)) {
        this.restarting = this.restart().finally(() => (this.restarting = undefined));
      }
    } catch (error) {
      this.complain(error);
    }
  }

  private async restart(): Promise<void> {
    this.log('the embedded PostgreSQL has ended; starting it again');
    try {
      await startPostmaster(this.installation, this.port);
      this.lastComplaint = '';
      this.log('the embedded PostgreSQL is back');
    } catch (error) {
      this.complain(error);
    }
  }

  /** Says a thing once, however often it is tried. */
  private complain(error: unknown): void {
    const complaint = error instanceof Error ? error.message : String(error);
    if (complaint !== this.lastComplaint) this.log(complaint);
    this.lastComplaint = complaint;
  }
}

/** The server appends, so its file can be emptied under it; the older half stays beside it. */
function boundLog(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) < maxLogBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}
