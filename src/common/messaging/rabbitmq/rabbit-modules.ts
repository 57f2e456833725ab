import { DomainError, type WireError } from '../../errors/domain-error.js';
import { NotSent, OutcomeUnknown } from '../../errors/common.errors.js';
import type { Rpc } from '../contract.js';
import { RemoteModules, type Reply } from '../remote-modules.js';
import { CallPolicy } from './call-policy.js';
import type { CallSender } from './call-sender.js';

/** Calls modules of other processes through the broker. */
export class RabbitModules extends RemoteModules {
  private readonly policies = new Map<string, CallPolicy>();

  constructor(private readonly sender: CallSender) {
    super();
  }

  async call(rpc: Rpc, input: unknown): Promise<Reply> {
    try {
      return await this.policyOf(rpc.module).run(rpc, (timeoutMs) => this.sender.send(rpc, input, timeoutMs));
    } catch (error) {
      const wire = toWire(rpc, error);
      return error instanceof NotSent ? { ok: false, error: wire, unsent: true } : { ok: false, error: wire };
    }
  }

  breakerState(module: string): number {
    return this.policyOf(module).state;
  }

  private policyOf(module: string): CallPolicy {
    const policy = this.policies.get(module) ?? new CallPolicy(module);
    this.policies.set(module, policy);
    return policy;
  }
}

function toWire({ pattern }: Rpc, error: unknown): WireError {
  if (error instanceof DomainError) return error.toWire();
  return new OutcomeUnknown(`${pattern} failed on its way`, { cause: error }).toWire();
}
