import { MemoryCache } from './memory-cache.js';

describe('the cache in memory', () => {
  it('gives back what was kept, under its name and key only', async () => {
    const cache = new MemoryCache();
    await cache.set('prices', 'MUG-001', { amount: 1290 }, 60_000);
    expect(await cache.get('prices', 'MUG-001')).toEqual({ amount: 1290 });
    expect(await cache.get('prices', 'MUG-002')).toBeUndefined();
    expect(await cache.get('names', 'MUG-001')).toBeUndefined();
  });

  it('forgets what was deleted', async () => {
    const cache = new MemoryCache();
    await cache.set('prices', 'MUG-001', 1, 60_000);
    await cache.delete('prices', 'MUG-001');
    expect(await cache.get('prices', 'MUG-001')).toBeUndefined();
  });

  it('forgets what has expired', async () => {
    const cache = new MemoryCache();
    await cache.set('prices', 'MUG-001', 1, 1);
    while ((await cache.get('prices', 'MUG-001')) !== undefined)
      await new Promise((resolve) => setImmediate(resolve));
    expect(await cache.get('prices', 'MUG-001')).toBeUndefined();
  });

  it('stays bounded, however many values are kept', async () => {
    const cache = new MemoryCache();
    for (let i = 0; i < 20_001; i++) await cache.set('prices', String(i), i, 60_000);
    expect(await cache.get('prices', '0')).toBeUndefined();
    expect(await cache.get('prices', '20000')).toBe(20_000);
  });
});
