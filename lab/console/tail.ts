import { styleText } from 'node:util';
import type { Stream } from '../child.js';

const COLOURS = [
  'cyan',
  'green',
  'yellow',
  'magenta',
  'blue',
  'cyanBright',
  'greenBright',
  'magentaBright',
] as const;

/** Prints what many processes say, each line after the name of who says it. In colour on a terminal only. */
export class Tail {
  private readonly colours = new Map<string, (typeof COLOURS)[number]>();
  private width = 'notifications-1'.length;

  constructor(private readonly output: NodeJS.WriteStream) {}

  /** What a process printed. At its start it greets a person who is not there: only log records are passed on. */
  line(process: string, text: string, stream: Stream): void {
    if (stream === 'stdout' && !text.startsWith('{')) return;
    this.say(process, text);
  }

  say(name: string, text: string): void {
    this.width = Math.max(this.width, name.length);
    const prefix = `${name.padEnd(this.width)} │`;
    for (const line of text.split('\n')) this.output.write(`${this.paint(name, prefix)} ${line}\n`);
  }

  private paint(name: string, text: string): string {
    const service = name.replace(/-\d+$/, '');
    const colour = this.colours.get(service) ?? COLOURS[this.colours.size % COLOURS.length] ?? COLOURS[0];
    this.colours.set(service, colour);
    return styleText(colour, text, { stream: this.output });
  }
}
