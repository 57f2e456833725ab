import type { Options } from './options.js';
import { mediansOf } from './report/medians.js';
import { measureRounds } from './rounds.js';
import type { Stage } from './stage/stage.js';
import type { Subject } from './subjects/subject.js';

describe('the rounds of the bench', () => {
  const options: Options = { only: ['hot', 'split'], rounds: 2, seconds: 1, warmUpSeconds: 1, grown: null };
  let done: string[];
  let aborted: AbortController;
  beforeEach(() => {
    done = [];
    aborted = new AbortController();
  });

  const stage = { prepare: () => Promise.resolve(done.push('prepared')) } as unknown as Stage;
  const subject = (name: Subject['name'], act: () => number): Subject => ({
    name,
    measure: async () => {
      done.push(name);
      return [{ name, figures: { rate: await Promise.resolve(act()) } }];
    },
  });
  const measured = (subjects: Subject[]) =>
    measureRounds({
      stage,
      subjects,
      options,
      step: () => undefined,
      say: () => undefined,
      signal: aborted.signal,
    });

  it('give every subject its turn in each, and every other one begins at the end', async () => {
    await measured([subject('hot', () => 1), subject('split', () => 2)]);
    expect(done).toEqual(['prepared', 'hot', 'split', 'prepared', 'split', 'hot']);
  });

  it('count nothing of a subject whose invariants are violated, and go on with the others', async () => {
    const broken = subject('hot', () => {
      throw new Error('I7 VIOLATED');
    });
    const outcomes = await measured([broken, subject('split', () => 2)]);
    expect(outcomes.filter(({ failure }) => failure !== null)).toMatchObject([
      { round: 1, subject: 'hot', rows: [], failure: 'I7 VIOLATED' },
      { round: 2, subject: 'hot', rows: [], failure: 'I7 VIOLATED' },
    ]);
    expect(mediansOf(outcomes.flatMap(({ rows }) => rows))).toEqual(new Map([['split', { rate: 2 }]]));
  });

  it('end at once when we are ending, whatever fails because of that', async () => {
    const interrupted = subject('hot', () => {
      aborted.abort(new Error('ended'));
      throw new Error('the connection is closed');
    });
    await expect(measured([interrupted, subject('split', () => 2)])).rejects.toThrow('ended');
    expect(done).toEqual(['prepared', 'hot']);
  });
});
