/** Runs what concerns one key one after the other, in order of arrival; other keys are not held up. */
export class KeyLocks {
  private readonly tails = new Map<string, Promise<void>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key);
    const { promise: mine, resolve: done } = Promise.withResolvers<void>();
    this.tails.set(key, mine);
    if (before !== undefined) await before;
    try {
      return await work();
    } finally {
      if (this.tails.get(key) === mine) this.tails.delete(key);
      done();
    }
  }
}
