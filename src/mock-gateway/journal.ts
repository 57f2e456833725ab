import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

const NEWLINE = 10;
const CHUNK_BYTES = 256 * 1024;
/** One remembered offset per so many lines: enough to start reading near any line. */
const LANDMARK_EVERY = 1024;

interface Waiting {
  readonly line: string;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * An append-only file of lines, each on disk before its `append` resolves. Lines are numbered from 1.
 *
 * One write is under way at a time; the lines that arrive meanwhile share the next write and its fsync.
 */
export class Journal {
  private waiting: Waiting[] = [];
  private draining: Promise<void> | null = null;
  private refusal: Error | null = null;
  private durableBytes = 0;
  private durableLines = 0;
  private readonly landmarks: number[] = [0];

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** Opens or creates the file, hands every whole line to `onLine`, and cuts off a last line torn by a crash. */
  static async open(path: string, onLine: (line: string) => void): Promise<Journal> {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, 'a+', 0o600);
    try {
      const journal = new Journal(path, handle);
      await journal.load(onLine);
      await syncFolder(dirname(path));
      return journal;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** How many lines are on disk. */
  get count(): number {
    return this.durableLines;
  }

  /** False once the file can no longer be trusted to take a line. */
  get writable(): boolean {
    return this.refusal === null;
  }

  /** Resolves when the line is on disk; rejects when it is not and never will be. */
  append(line: string): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    return new Promise((resolve, reject) => {
      this.waiting.push({ line, resolve, reject });
      this.draining ??= this.drain();
    });
  }

  /** The durable lines `after + 1` to `after + limit`, some at a time. */
  async *read(after: number, limit: number): AsyncGenerator<{ number: number; line: string }[]> {
    const last = Math.min(this.durableLines, after + limit);
    if (after >= last) return;
    const landmark = Math.floor(after / LANDMARK_EVERY);
    let number = landmark * LANDMARK_EVERY;
    for await (const lines of wholeLines(this.handle, this.landmarks[landmark] ?? 0, this.durableBytes)) {
      const wanted: { number: number; line: string }[] = [];
      for (const line of lines) {
        number += 1;
        if (number > after && number <= last) wanted.push({ number, line });
      }
      if (wanted.length > 0) yield wanted;
      if (number >= last) return;
    }
  }

  /** Writes what is waiting, then closes the file. */
  async close(): Promise<void> {
    this.refusal ??= new Error(`The ledger ${this.path} is closed.`);
    await this.draining;
    await this.handle.close();
  }

  private async load(onLine: (line: string) => void): Promise<void> {
    const { size } = await this.handle.stat();
    for await (const lines of wholeLines(this.handle, 0, size)) {
      for (const line of lines) {
        try {
          onLine(line);
        } catch (cause) {
          const where = `line ${this.durableLines + 1} of the ledger ${this.path}`;
          throw new Error(
            `Cannot read ${where}: restore the file from a copy, or move it away to begin anew.`,
            {
              cause,
            },
          );
        }
        this.advance(line);
      }
    }
    if (this.durableBytes < size) {
      await this.handle.truncate(this.durableBytes);
      await this.handle.datasync();
    }
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      await this.commit(batch);
    }
    this.draining = null;
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.handle.appendFile(`${batch.map((each) => each.line).join('\n')}\n`);
      await this.handle.datasync();
    } catch (cause) {
      await this.rollBack();
      const failure = new Error(`The ledger ${this.path} could not be written.`, { cause });
      for (const each of batch) each.reject(failure);
      return;
    }
    for (const each of batch) {
      this.advance(each.line);
      each.resolve();
    }
  }

  /** A failed write may have left half a batch behind: without it gone, the next line would be glued to the rest. */
  private async rollBack(): Promise<void> {
    try {
      await this.handle.truncate(this.durableBytes);
      await this.handle.datasync();
    } catch (cause) {
      this.refusal ??= new Error(`The ledger ${this.path} is damaged: restart the gateway to repair it.`, {
        cause,
      });
      for (const each of this.waiting) each.reject(this.refusal);
      this.waiting = [];
    }
  }

  private advance(line: string): void {
    this.durableBytes += Buffer.byteLength(line) + 1;
    this.durableLines += 1;
    if (this.durableLines % LANDMARK_EVERY === 0) this.landmarks.push(this.durableBytes);
  }
}

async function* wholeLines(handle: FileHandle, from: number, to: number): AsyncGenerator<string[]> {
  let position = from;
  let rest = Buffer.alloc(0);
  while (position < to) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, to - position));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const newline = bytes.lastIndexOf(NEWLINE);
    if (newline >= 0) yield bytes.toString('utf8', 0, newline).split('\n');
    rest = bytes.subarray(newline + 1);
  }
}

/** A new file is only durable once its folder knows of it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
