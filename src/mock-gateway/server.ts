import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Charges } from './charges.js';
import { Faults, MAX_DELAY_MS } from './faults.js';
import { Ledger } from './ledger.js';
import { Routes } from './routes.js';

/** How long a closing gateway waits for requests that are under way. */
const GRACE_MS = 3_000;

export interface GatewayOptions {
  /** The ledger's file; it and its folder are created where missing. */
  readonly ledgerPath: string;
  /** Every answer about money takes at least this long; 0 where left out. */
  readonly delayMs?: number;
  /** Decides which requests meet a fault; Math.random where left out. */
  readonly random?: () => number;
}

export interface Gateway {
  readonly server: Server;
  /** Answers the port; 0 asks for a free one. */
  listen(port: number, host?: string): Promise<number>;
  /** Stops taking requests, finishes those under way (for `graceMs` at most) and closes the ledger. */
  close(graceMs?: number): Promise<void>;
}

/** A mock payment gateway over the given ledger, not listening yet. Fails when the ledger cannot be used. */
export async function createGateway({ ledgerPath, delayMs = 0, random }: GatewayOptions): Promise<Gateway> {
  const ledger = await Ledger.open(ledgerPath);
  const routes = new Routes(new Charges(ledger), ledger, new Faults(random), delayMs);
  const server = createServer((request, response) => void routes.handle(request, response));
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  // Longer than clients keep theirs: closing first would reset a request that is just being sent.
  server.keepAliveTimeout = 75_000;
  // A reader that stalls; above the longest delay that a fault may ask for.
  server.timeout = MAX_DELAY_MS * 2;

  return {
    server,
    listen: (port, host = '127.0.0.1') => listen(server, port, host),
    close: async (graceMs = GRACE_MS) => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      routes.dropHeld();
      const giveUp = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(giveUp);
      await ledger.close();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
