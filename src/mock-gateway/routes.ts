import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { z } from 'zod';
import { type Answer, Refusal, refuse } from './answers.js';
import type { Charges, Circumstances } from './charges.js';
import type { Faults, Operation } from './faults.js';
import type { Ledger, PublicEntry } from './ledger.js';
import {
  chargeRequestOf,
  idempotencyKeyOf,
  keyFromPath,
  ledgerPageOf,
  readJson,
  refundAmountOf,
} from './requests.js';

/** An answer that never comes ends with the socket, at the latest after this long. */
const HOLD_MS = 60_000;

type Work = (circumstances: Circumstances) => Promise<Answer>;

/** From a request to its answer, through whatever fault is switched on. */
export class Routes {
  private readonly held = new Set<ServerResponse>();

  constructor(
    private readonly charges: Charges,
    private readonly ledger: Ledger,
    private readonly faults: Faults,
    private readonly delayMs: number,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.route(request, response);
    } catch (error) {
      if (request.destroyed && !request.complete) return; // the client went away while sending
      if (error instanceof Refusal) return send(response, refuse(error.status, error.code, error.message));
      if (error instanceof z.ZodError)
        return send(response, refuse(400, 'invalid_request', z.prettifyError(error)));
      process.stderr.write(`Mock gateway: ${inspect(error)}\n`);
      send(
        response,
        refuse(500, 'internal', 'The gateway could not do its work; ask by key what came of it.'),
      );
    }
  }

  /** Ends the sockets of those who wait for an answer that never comes. */
  dropHeld(): void {
    for (const response of this.held) response.destroy();
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    const segments = path.split('/');
    if (segments[1] === 'v1') return this.routeMoney(request, response, segments);
    switch (`${request.method} ${path}`) {
      case 'GET /health':
        return send(response, this.health());
      case 'GET /ledger':
        return this.sendLedger(response, query);
      case 'GET /faults':
        return send(response, { status: 200, body: { faults: this.faults.list() } });
      case 'POST /faults':
        return send(response, { status: 201, body: this.faults.add(await readJson(request)) });
      case 'DELETE /faults':
        this.faults.clear();
        return send(response, { status: 200, body: { faults: [] } });
      default:
        return send(response, noSuchRoute);
    }
  }

  private async routeMoney(
    request: IncomingMessage,
    response: ServerResponse,
    segments: string[],
  ): Promise<void> {
    const [, , collection = '', segment = '', action = '', ...rest] = segments;
    const route = [request.method, collection, segment && ':key', action].filter(Boolean).join(' ');
    if (rest.length > 0) return send(response, noSuchRoute);
    switch (route) {
      case 'POST charges': {
        const body = await readJson(request);
        const key = idempotencyKeyOf(request);
        const charge = chargeRequestOf(body);
        return this.meet('charge', response, (circumstances) =>
          this.charges.charge(key, charge, circumstances),
        );
      }
      case 'GET charges :key': {
        const key = keyFromPath(segment);
        return this.meet(
          'lookup',
          response,
          this.late(() => this.charges.lookup(key)),
        );
      }
      case 'POST charges :key void': {
        const key = keyFromPath(segment);
        return this.meet(
          'refund',
          response,
          this.late((decline) => this.charges.void(key, { decline })),
        );
      }
      case 'POST charges :key refunds': {
        const amount = refundAmountOf(await readJson(request));
        const chargeKey = keyFromPath(segment);
        const key = idempotencyKeyOf(request);
        const work = this.late((decline) => this.charges.refund(chargeKey, key, amount, { decline }));
        return this.meet('refund', response, work);
      }
      case 'GET refunds :key': {
        const key = keyFromPath(segment);
        return this.meet(
          'lookup',
          response,
          this.late(() => this.charges.lookupRefund(key)),
        );
      }
      default:
        return send(response, noSuchRoute);
    }
  }

  /** Lets a request meet its fault, if there is one. */
  private async meet(operation: Operation, response: ServerResponse, work: Work): Promise<void> {
    const strike = this.faults.strike(operation);
    const usual = { delayMs: this.delayMs, decline: false };
    switch (strike?.kind) {
      case undefined:
        return this.reply(response, await work(usual));
      case 'error':
        return send(
          response,
          refuse(strike.status, 'gateway_error', 'The gateway failed; nothing was done.'),
        );
      case 'slow':
        return this.reply(response, await work({ ...usual, delayMs: this.delayMs + strike.delayMs }));
      case 'decline':
        return this.reply(response, await work({ ...usual, decline: true }));
      case 'timeout':
        return this.reply(response, { ...(await work(usual)), withheld: true });
      case 'reset':
        if (strike.when === 'after') await work(usual);
        response.socket?.resetAndDestroy();
    }
  }

  /** Work that waits first, holding nothing. */
  private late(work: (decline: boolean) => Promise<Answer>): Work {
    return async ({ delayMs, decline }) => {
      if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
      return work(decline);
    };
  }

  private reply(response: ServerResponse, answer: Answer): void {
    if (answer.withheld !== true) return send(response, answer);
    if (response.destroyed) return;
    this.held.add(response);
    const end = setTimeout(() => response.destroy(), HOLD_MS).unref();
    response.once('close', () => {
      clearTimeout(end);
      this.held.delete(response);
    });
  }

  private health(): Answer {
    if (this.ledger.writable) return { status: 200, body: { status: 'ok', lastSeq: this.ledger.lastSeq } };
    return refuse(503, 'ledger_damaged', 'The ledger can no longer be written: restart the gateway.');
  }

  private async sendLedger(response: ServerResponse, query: string): Promise<void> {
    const { after, limit } = ledgerPageOf(query);
    const last = Math.min(this.ledger.lastSeq, after + limit);
    const next = last < this.ledger.lastSeq ? last : null;
    response.writeHead(200, { 'content-type': 'application/json' });
    try {
      await pipeline(Readable.from(ledgerJson(this.ledger.entries(after, limit), next)), response);
    } catch {
      response.destroy(); // half an answer must not look whole
    }
  }
}

const noSuchRoute = refuse(404, 'no_such_route', 'The gateway has no such route.');

async function* ledgerJson(pages: AsyncIterable<PublicEntry[]>, next: number | null): AsyncGenerator<string> {
  let separator = '';
  yield '{"entries":[';
  for await (const page of pages) {
    yield separator + page.map((entry) => JSON.stringify(entry)).join(',');
    separator = ',';
  }
  yield `],"next":${next}}`;
}

function send(response: ServerResponse, { status, body }: Answer): void {
  if (response.destroyed) return;
  const text = JSON.stringify(body);
  // Nobody reads the rest of a body that was refused, so the connection cannot carry another request.
  if (status === 413) response.setHeader('connection', 'close');
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
