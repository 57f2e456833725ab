import { OutcomeUnknown } from '../errors/common.errors.js';
import { GroupCommit } from './group-commit.js';

const options = { name: 'test', module: 'test' };

/** A write whose batches are held until they are let go. */
function heldWrite() {
  const batches: {
    items: number[];
    finish: (results?: (number | Error)[]) => void;
    fail: (error: Error) => void;
  }[] = [];
  const write = (items: number[]) =>
    new Promise<(number | Error)[]>((resolve, reject) => {
      batches.push({
        items,
        finish: (results = items.map((item) => item * 10)) => resolve(results),
        fail: reject,
      });
    });
  return { batches, write };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('GroupCommit', () => {
  it('lets a caller alone go at once', async () => {
    const { batches, write } = heldWrite();
    const group = new GroupCommit(write, options);
    const result = group.submit(1);
    await Promise.resolve();
    expect(batches.map(({ items }) => items)).toEqual([[1]]);
    batches[0]?.finish();
    expect(await result).toBe(10);
  });

  it('makes one batch of what is asked for in one breath', async () => {
    const { batches, write } = heldWrite();
    const group = new GroupCommit(write, options);
    const results = [1, 2].map((item) => group.submit(item));
    await settled();
    expect(batches.map(({ items }) => items)).toEqual([[1, 2]]);
    batches[0]?.finish();
    expect(await Promise.all(results)).toEqual([10, 20]);
  });

  it('makes one batch of the calls that arrive while another is in flight', async () => {
    const { batches, write } = heldWrite();
    const group = new GroupCommit(write, options);
    const first = group.submit(1);
    await settled();
    const others = [2, 3, 4].map((item) => group.submit(item));
    await settled();
    expect(batches).toHaveLength(1);
    batches[0]?.finish();
    await settled();
    expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
    batches[1]?.finish();
    expect(await Promise.all([first, ...others])).toEqual([10, 20, 30, 40]);
  });

  it('tells nobody before its batch is written', async () => {
    const { batches, write } = heldWrite();
    const group = new GroupCommit(write, options);
    let heard = false;
    const result = group.submit(1).then(() => {
      heard = true;
    });
    await settled();
    expect(heard).toBe(false);
    batches[0]?.finish();
    await result;
    expect(heard).toBe(true);
  });

  it('refuses one item of a batch and writes the others', async () => {
    const group = new GroupCommit(
      async (items: number[]) => items.map((item) => (item === 2 ? new Error('two') : item)),
      options,
    );
    const results = await Promise.allSettled([1, 2, 3].map((item) => group.submit(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('finds the one bad item of a batch that fails, and writes the rest', async () => {
    const write = async (items: number[]) => {
      if (items.includes(5)) throw new Error('five');
      return items;
    };
    const group = new GroupCommit(write, options);
    const results = await Promise.allSettled([1, 2, 3, 4, 5, 6, 7, 8].map((item) => group.submit(item)));
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      true,
      true,
      true,
      false,
      true,
      true,
      true,
    ]);
  });

  it('writes nothing again whose outcome is unknown', async () => {
    const { batches, write } = heldWrite();
    const group = new GroupCommit(write, options);
    const first = group.submit(0);
    await settled();
    const results = Promise.allSettled([1, 2].map((item) => group.submit(item)));
    batches[0]?.finish();
    await first;
    await settled();
    batches[1]?.fail(new OutcomeUnknown('the reply to COMMIT was lost'));
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(batches).toHaveLength(2);
  });

  it('never puts two items of one key into a batch, and keeps their order', async () => {
    const { batches, write } = heldWrite();
    const group = new GroupCommit(write, { ...options, key: (item) => String(item % 2) });
    const all = Promise.all([0, 1, 3, 2, 5].map((item) => group.submit(item)));
    for (let index = 0; index < 3; index++) {
      await settled();
      batches[index]?.finish();
    }
    await all;
    expect(batches.map(({ items }) => items)).toEqual([[0, 1], [3, 2], [5]]);
  });

  it('keeps to the largest batch', async () => {
    const { batches, write } = heldWrite();
    const group = new GroupCommit(write, { ...options, maxBatch: 2 });
    const all = Promise.all([1, 2, 3, 4].map((item) => group.submit(item)));
    for (let index = 0; index < 2; index++) {
      await settled();
      batches[index]?.finish();
    }
    await all;
    expect(batches.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it.each([0, 2, 4])(
    'fails a batch of three that gives %i results, and does not write it again',
    async (count) => {
      const written: number[][] = [];
      const group = new GroupCommit((items: number[]) => {
        written.push(items);
        return Promise.resolve(items.length === 1 ? items : Array.from({ length: count }, () => 0));
      }, options);
      const first = group.submit(1);
      await Promise.resolve();
      const rest = [2, 3, 4].map((item) => group.submit(item));
      expect(await first).toBe(1);
      const outcomes = await Promise.allSettled(rest);
      expect(
        outcomes.map((each) => each.status === 'rejected' && each.reason instanceof OutcomeUnknown),
      ).toEqual([true, true, true]);
      expect(written).toEqual([[1], [2, 3, 4]]);
    },
  );
});
