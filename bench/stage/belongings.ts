type End = () => Promise<void>;

/** What we have started, so that it can be ended at any moment: the last first. */
export class Belongings {
  private readonly ends = new Set<End>();
  private closing = false;

  /**
   * Answers the function that ends it, before its time or with the rest.
   *
   * @throws when all is being ended already, and it with it
   */
  async add(end: () => Promise<unknown>): Promise<End> {
    const once = async () => {
      if (this.ends.delete(once)) await end();
    };
    this.ends.add(once);
    if (!this.closing) return once;
    await once();
    throw new Error('The bench is ending');
  }

  /** Ends all of it. What fails to end does not keep the rest from it; the first failure is thrown then. */
  async close(): Promise<void> {
    this.closing = true;
    const failures: unknown[] = [];
    for (const end of [...this.ends].toReversed())
      await end().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}
