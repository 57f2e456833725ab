/** Where a process is in its life. Readiness follows it: only a ready process is sent work. */
export class Lifecycle {
  private phase: 'starting' | 'ready' | 'stopping' = 'starting';

  get ready(): boolean {
    return this.phase === 'ready';
  }

  get stopping(): boolean {
    return this.phase === 'stopping';
  }

  markReady(): void {
    if (this.phase === 'starting') this.phase = 'ready';
  }

  markStopping(): void {
    this.phase = 'stopping';
  }
}
