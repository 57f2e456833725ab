import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually } from '../harness.js';
import type { Footprint } from './evidence.js';

/** With this the process listens for an inspector, on a free port. */
export const INSPECTABLE = '--inspect=127.0.0.1:0';

interface Response {
  id: number;
  error?: { message: string };
  result?: {
    result?: { value?: unknown };
    exceptionDetails?: { text: string; exception?: { description?: string } };
  };
}

/** Looks into a process that runs, by Node's own inspector: nothing has to be built into it for that. */
export class Inspector {
  private lastId = 0;

  private constructor(private readonly socket: WebSocket) {}

  /** To a process that was started with INSPECTABLE, which prints where it listens. */
  static async attach(process: { readonly output: string }): Promise<Inspector> {
    const url = await eventually(() => {
      const found = /Debugger listening on (ws:\S+)/.exec(process.output)?.[1];
      if (!found) throw new Error(`The process was not started with ${INSPECTABLE}`);
      return found;
    });
    const socket = new WebSocket(url);
    // The process may be killed while it is looked into.
    socket.on('error', () => undefined);
    await once(socket, 'open');
    return new Inspector(socket);
  }

  /** Arms a failpoint (src/common/failpoint.ts) from now on. */
  async arm(spec: string): Promise<void> {
    await this.evaluate(
      `process.mainModule.require('./common/failpoint.js').armFailpoint(${JSON.stringify(spec)})`,
    );
  }

  /** Bytes in use on the JavaScript heap when all garbage is gone. */
  async heapInUse(): Promise<number> {
    // The first collection runs finalizers, whose leavings the second one takes.
    await this.ask('HeapProfiler.collectGarbage');
    await this.ask('HeapProfiler.collectGarbage');
    return Number(await this.evaluate('process.memoryUsage().heapUsed'));
  }

  /** What the process takes of the machine. */
  async footprint(): Promise<Footprint> {
    const heapBytes = await this.heapInUse();
    const handles = Number(await this.evaluate('process.getActiveResourcesInfo().length'));
    const list = `try { process.mainModule.require('fs').readdirSync('/proc/self/fd').length } catch { 0 }`;
    return { heapBytes, handles, descriptors: Number(await this.evaluate(list)) };
  }

  close(): void {
    this.socket.terminate();
  }

  private async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.ask('Runtime.evaluate', { expression, returnByValue: true });
    const thrown = result?.exceptionDetails;
    if (thrown) throw new Error(thrown.exception?.description ?? thrown.text);
    return result?.result?.value;
  }

  private ask(method: string, params: Record<string, unknown> = {}): Promise<Response> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('The process ended while it was looked into'));
      const listen = (data: Buffer) => {
        const response = JSON.parse(data.toString()) as Response;
        if (response.id !== id) return;
        this.socket.off('message', listen).off('close', ended);
        if (response.error) reject(new Error(response.error.message));
        else resolve(response);
      };
      this.socket.on('message', listen).on('close', ended);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
