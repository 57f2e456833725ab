import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from './journal.js';

describe('Journal', () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journal-'));
    path = join(folder, 'deep', 'lines');
  });

  afterEach(() => rm(folder, { recursive: true }));

  async function reopened(): Promise<{ journal: Journal; lines: string[] }> {
    const lines: string[] = [];
    return { journal: await Journal.open(path, (line) => lines.push(line)), lines };
  }

  async function read(
    journal: Journal,
    after: number,
    limit: number,
  ): Promise<{ number: number; line: string }[]> {
    const all: { number: number; line: string }[] = [];
    for await (const some of journal.read(after, limit)) all.push(...some);
    return all;
  }

  it('has a line in the file before its append resolves', async () => {
    const { journal } = await reopened();
    await journal.append('one');
    expect(await readFile(path, 'utf8')).toBe('one\n');
    await journal.close();
  });

  it('writes the lines that arrive during a write together, in their order', async () => {
    const { journal } = await reopened();
    const handle = (journal as unknown as { handle: { datasync(): Promise<void> } }).handle;
    const sync = jest.spyOn(handle, 'datasync');
    await Promise.all(Array.from({ length: 500 }, (_, at) => journal.append(`line ${at}`)));
    expect(sync).toHaveBeenCalledTimes(2);
    await journal.close();
    const { journal: again, lines } = await reopened();
    expect(lines).toEqual(Array.from({ length: 500 }, (_, at) => `line ${at}`));
    await again.close();
  });

  it('drops a torn last line and goes on after the last whole one', async () => {
    const { journal } = await reopened();
    await journal.append('whole');
    await journal.close();
    await appendFile(path, '{"torn');
    const { journal: second } = await reopened();
    expect(second.count).toBe(1);
    await second.append('next');
    await second.close();
    expect(await readFile(path, 'utf8')).toBe('whole\nnext\n');
  });

  it('names the line that cannot be read, and leaves the file as it was', async () => {
    await Journal.open(path, () => undefined).then((journal) => journal.close());
    await writeFile(path, 'fine\nbroken\nfine\ntorn');
    const opening = Journal.open(path, (line) => {
      if (line === 'broken') throw new Error('no');
    });
    await expect(opening).rejects.toThrow(`line 2 of the ledger ${path}`);
    expect(await readFile(path, 'utf8')).toBe('fine\nbroken\nfine\ntorn');
  });

  it.each([
    [0, 3],
    [1022, 5],
    [1024, 1],
    [2999, 100],
    [3000, 1],
    [9999, 1],
    [0, Infinity],
  ])('reads from after line %d at most %d lines', async (after, limit) => {
    const { journal } = await reopened();
    await Promise.all(Array.from({ length: 3_000 }, (_, at) => journal.append(`é ${at + 1}`)));
    const expected = Array.from({ length: 3_000 }, (_, at) => ({ number: at + 1, line: `é ${at + 1}` }));
    expect(await read(journal, after, limit)).toEqual(expected.slice(after, after + limit));
    await journal.close();

    const { journal: again } = await reopened();
    expect(await read(again, after, limit)).toEqual(expected.slice(after, after + limit));
    await again.close();
  });

  it('refuses the lines of a failed write, removes what it left behind, and goes on', async () => {
    const { journal } = await reopened();
    await journal.append('before');
    const handle = (journal as unknown as { handle: { datasync(): Promise<void> } }).handle;
    const sync = jest.spyOn(handle, 'datasync').mockRejectedValueOnce(new Error('no space left'));
    await expect(journal.append('lost')).rejects.toThrow('could not be written');
    await journal.append('after');
    expect(await readFile(path, 'utf8')).toBe('before\nafter\n');
    expect(journal.count).toBe(2);
    expect(journal.writable).toBe(true);
    sync.mockRestore();
    await journal.close();
  });

  it('takes no line any more when a failed write cannot be undone', async () => {
    const { journal } = await reopened();
    const handle = (journal as unknown as { handle: { datasync(): Promise<void> } }).handle;
    jest.spyOn(handle, 'datasync').mockRejectedValue(new Error('input/output error'));
    const first = journal.append('first');
    const second = journal.append('second');
    await expect(first).rejects.toThrow('could not be written');
    await expect(second).rejects.toThrow('restart the gateway');
    await expect(journal.append('third')).rejects.toThrow('restart the gateway');
    expect(journal.writable).toBe(false);
    await journal.close();
  });

  it('refuses lines once closed, but writes those it had taken', async () => {
    const { journal } = await reopened();
    const taken = [journal.append('one'), journal.append('two')];
    const closed = journal.close();
    await expect(journal.append('three')).rejects.toThrow('is closed');
    await Promise.all([...taken, closed]);
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
  });
});
