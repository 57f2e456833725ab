import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { record } from './metrics.js';

interface Params {
  headers: Record<string, string>;
  timeout: string;
  tags: { name: string };
  responseType: 'text';
}

export interface Fetched {
  status: number;
  headers: [string, string][];
  body: string;
}

const KNOWN = ['headers', 'timeout', 'tags', 'responseType'];
/** More than a request may take. */
const PATIENCE_MS = 60_000;

const { port1: answers, port2: port } = new MessageChannel();
const flag = new Int32Array(new SharedArrayBuffer(4));
const worker = new Worker(join(__dirname, 'fetch-worker.js'), {
  workerData: { port, flag },
  transferList: [port],
});
worker.unref();
answers.unref();

/** k6's calls block: a thread asks meanwhile. */
function request(method: string, url: string, body: string | null, params: Params) {
  const strange = Object.keys(params).filter((each) => !KNOWN.includes(each));
  if (strange.length > 0) throw new Error(`k6 knows no ${strange.join()}, or the shim does not`);
  if (/[0-9a-f]{8}-|[A-Z]{3}-/.test(params.tags.name))
    throw new Error(`An id in the name: ${params.tags.name}`);
  const { headers, timeout } = params;
  const from = performance.now();
  Atomics.store(flag, 0, 0);
  worker.postMessage({ method, url, body, headers, timeoutMs: Number.parseInt(timeout, 10) * 1000 });
  if (Atomics.wait(flag, 0, 0, PATIENCE_MS) === 'timed-out') throw new Error(`${method} ${url}: no answer`);
  const { message } = receiveMessageOnPort(answers) as { message: Fetched };
  const { status, headers: received, body: text } = message;
  const duration = performance.now() - from;
  record('http_req_duration', duration);
  process.stdout.write(`${JSON.stringify({ request: params.tags.name, status })}\n`);
  return {
    status,
    body: text,
    // As Go writes them.
    headers: Object.fromEntries(
      received.map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()), value]),
    ),
    timings: { duration },
  };
}

// oxlint-disable-next-line import/no-default-export -- as k6 has it
export default { request };
