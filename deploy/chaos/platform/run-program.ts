import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a program prints. @throws with what it complained of, also when it takes longer than `timeoutMs` */
export async function runProgram(
  program: string,
  args: readonly string[],
  timeoutMs = 20_000,
): Promise<string> {
  try {
    const { stdout } = await run(program, args, { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { code, killed, stderr = '' } = error as { code?: unknown; killed?: boolean; stderr?: string };
    const how =
      code === 'ENOENT'
        ? 'is not on this machine'
        : killed
          ? `did not end within ${timeoutMs / 1000} s`
          : `ended with ${String(code)}`;
    const said = stderr.trim().slice(-500);
    throw new Error(`${program} ${args.slice(0, 6).join(' ')} … ${how}${said ? `: ${said}` : ''}`, {
      cause: error,
    });
  }
}
