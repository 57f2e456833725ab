/** Where the process is to kill itself, and at which time of passing. */
interface Armed {
  name: string;
  left: number;
}

let armed: Armed | null = null;

/** A name and, after a colon, at which time it is passed the process dies: `orders.create.after:5`. */
export const FAILPOINT = /^([a-z][a-z. -]{0,79}):([1-9][0-9]{0,5})$/;

/** Arms the failpoint that a crash test asks for; null arms none. Production refuses the setting. */
export function armFailpoint(spec: string | null): void {
  const [, name = '', times] = FAILPOINT.exec(spec ?? '') ?? [];
  armed = times === undefined ? null : { name, left: Number(times) };
}

/**
 * A place at which a crash would hurt most. Does nothing, unless a crash test has armed it: then the process
 * ends as by `kill -9`, with no chance to clean up.
 */
export function failpoint(name: string): void {
  if (armed === null || armed.name !== name) return;
  armed.left -= 1;
  if (armed.left === 0) process.kill(process.pid, 'SIGKILL');
}
