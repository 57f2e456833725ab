import { existsSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** What the operating systems allow for a socket's path. */
const LONGEST_PATH = 100;

const RequestSchema = z.object({ words: z.array(z.string()) });
const AnswerSchema = z.union([
  z.object({ line: z.string() }),
  z.object({ ok: z.boolean(), message: z.string() }),
]);

/** Carries out a command, telling how it goes line by line. What it rejects with is told to whoever asked. */
export type Carry = (words: readonly string[], say: (line: string) => void) => Promise<void>;

/** Where a running lab takes commands: a socket that only its own user may open. */
export class ControlServer {
  private constructor(
    private readonly server: Server,
    private readonly path: string,
  ) {}

  /** @throws when another lab listens there already */
  static async listen(path: string, carry: Carry): Promise<ControlServer> {
    const short = shortest(path);
    if (await answers(short)) {
      throw new Error(
        'A lab with this data is running already: see `npm run lab -- status`, end it with `npm run lab -- stop`.',
      );
    }
    rmSync(path, { force: true }); // Left by one that was killed.
    const server = createServer((socket) => void serve(socket, carry));
    const mask = process.umask(0o177);
    try {
      server.listen(short);
    } finally {
      process.umask(mask);
    }
    await once(server, 'listening');
    return new ControlServer(server, path);
  }

  /** Takes no more commands; those who wait for an answer hear that we end. */
  close(): void {
    this.server.close();
    rmSync(this.path, { force: true });
  }
}

/**
 * Sends a command to the running lab and passes on what it says.
 *
 * @throws with the reason when no lab is running or the command fails
 */
export async function sendCommand(
  path: string,
  words: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  const socket = connect(shortest(path));
  try {
    await once(socket, 'connect');
  } catch {
    throw new Error('No lab is running with this data: start one with `npm run lab`.');
  }
  socket.on('error', () => undefined);
  socket.write(`${JSON.stringify({ words })}\n`);
  for await (const text of createInterface({ input: socket })) {
    const answer = AnswerSchema.parse(JSON.parse(text));
    if ('line' in answer) {
      say(answer.line);
      continue;
    }
    if (answer.ok) return;
    throw new Error(answer.message);
  }
  // It ended before it could answer, which is what `stop` asks for.
  if (words[0] !== 'stop') throw new Error('The lab ended before the command was carried out.');
}

async function serve(socket: Socket, carry: Carry): Promise<void> {
  socket.on('error', () => undefined);
  const tell = (answer: z.infer<typeof AnswerSchema>) => socket.write(`${JSON.stringify(answer)}\n`);
  try {
    const [text] = (await once(createInterface({ input: socket }), 'line')) as [string];
    const { words } = RequestSchema.parse(JSON.parse(text));
    await carry(words, (line) => tell({ line }));
    tell({ ok: true, message: '' });
  } catch (error) {
    tell({ ok: false, message: error instanceof Error ? error.message : String(error) });
  }
  socket.end();
}

async function answers(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Relative to where we are, a path may still be short enough. */
function shortest(path: string): string {
  const local = relative(process.cwd(), path);
  const short = local.length < path.length ? local : path;
  if (short.length > LONGEST_PATH)
    throw new Error(`${path} is too long for a socket: set DATA_DIR to a folder with a shorter name.`);
  return short;
}
