import { Unavailable } from '../errors/common.errors.js';
import type { WireError } from '../errors/domain-error.js';
import type { Rpc } from './contract.js';
import { BREAKER_CLOSED } from '../telemetry/breaker.metrics.js';

/**
 * What a call comes back with: a value of the contract's output, or an error in its wire form. `unsent` when it
 * never reached its module.
 */
export type Reply = { ok: true; value: unknown } | { ok: false; error: WireError; unsent?: true };

/** The modules that other processes host. */
export abstract class RemoteModules {
  /** Sends a call. Never rejects: whatever goes wrong comes back as a wire error, within the call's time. */
  abstract call(rpc: Rpc, input: unknown): Promise<Reply>;

  /** Of the breaker for calls to the module, as `circuit_breaker_state` tells it. */
  abstract breakerState(module: string): number;
}

/** Without a broker there are none; a configuration that needs some is refused at boot. */
export class NoRemoteModules extends RemoteModules {
  call({ pattern }: Rpc): Promise<Reply> {
    const error = new Unavailable(`${pattern} is not hosted here, and there is no broker`).toWire();
    return Promise.resolve({ ok: false, error, unsent: true });
  }

  breakerState(): number {
    return BREAKER_CLOSED;
  }
}
