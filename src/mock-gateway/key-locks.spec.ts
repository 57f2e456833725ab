import { KeyLocks } from './key-locks.js';

describe('KeyLocks', () => {
  it('runs the work of one key in order of arrival, also after a failure', async () => {
    const locks = new KeyLocks();
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    const first = locks.run('a', async () => {
      await gate.promise;
      seen.push('first');
      throw new Error('no');
    });
    const second = locks.run('a', async () => void seen.push('second'));
    const other = locks.run('b', async () => void seen.push('other'));
    await other;
    expect(seen).toEqual(['other']);
    gate.resolve();
    await expect(first).rejects.toThrow('no');
    await second;
    expect(seen).toEqual(['other', 'first', 'second']);
  });

  it('keeps nothing for keys that nobody holds', async () => {
    const locks = new KeyLocks();
    await Promise.all(Array.from({ length: 100 }, (_, at) => locks.run(`key-${at % 10}`, async () => at)));
    expect((locks as unknown as { tails: Map<string, unknown> }).tails.size).toBe(0);
  });
});
