import { Belongings } from './belongings.js';

describe('what the bench has started', () => {
  const ended: string[] = [];
  const end = (name: string) => () => Promise.resolve(ended.push(name));
  beforeEach(() => void ended.splice(0));

  it('is ended once, the last first', async () => {
    const belongings = new Belongings();
    await belongings.add(end('first'));
    const endSecond = await belongings.add(end('second'));
    await belongings.add(end('third'));
    await endSecond();
    await belongings.close();
    await endSecond();
    expect(ended).toEqual(['second', 'third', 'first']);
  });

  it('is ended at once when it comes while all is being ended', async () => {
    const belongings = new Belongings();
    await belongings.close();
    await expect(belongings.add(end('late'))).rejects.toThrow('ending');
    expect(ended).toEqual(['late']);
  });

  it('is ended although another of it cannot be, which is told', async () => {
    const belongings = new Belongings();
    await belongings.add(end('first'));
    await belongings.add(() => Promise.reject(new Error('stuck')));
    await expect(belongings.close()).rejects.toThrow('stuck');
    expect(ended).toEqual(['first']);
  });
});
