import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { NotSent, OutcomeUnknown, Unavailable } from '../errors/common.errors.js';
import { DomainError, type WireError } from '../errors/domain-error.js';
import { BREAKER_CLOSED, breakerState } from '../telemetry/breaker.metrics.js';
import { currentService } from '../telemetry/instruments.js';
import { serviceOf, subjectsIn } from '../telemetry/names.js';
import { inSpan, SpanKind } from '../telemetry/tracing.js';
import { attributeOf } from '../telemetry/work-context.js';
import type { Api, ClientOf, Rpc } from './contract.js';
import { clientDuration, outcomeOf } from './messaging.metrics.js';
import { callAttributes, ModuleTransport } from './module-transport.js';
import { RemoteModules, type Reply } from './remote-modules.js';

/**
 * Sends calls to where their module is: within this process nothing is serialised, and the transport checks what
 * a broker would; elsewhere through the broker.
 */
@Injectable()
export class ModuleClient extends ClientProxy implements OnModuleInit, OnModuleDestroy {
  /** By calling service and called module. */
  private readonly called = new Map<string, Map<string, Rpc>>();
  private stopTelling: () => void = () => undefined;

  constructor(
    private readonly transport: ModuleTransport,
    private readonly remote: RemoteModules,
  ) {
    super();
  }

  override connect(): Promise<void> {
    return Promise.resolve();
  }

  override close(): void {
    // Who has connections closes them.
  }

  onModuleInit(): void {
    this.stopTelling = breakerState.from(() => this.breakers());
  }

  onModuleDestroy(): void {
    this.stopTelling();
  }

  override unwrap<T>(): T {
    return this.transport as unknown as T;
  }

  protected override publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    let listening = true;
    void this.ask(packet.pattern as Rpc, packet.data).then((response) => {
      if (listening) callback({ response, isDisposed: true });
    });
    return () => {
      listening = false;
    };
  }

  /** Whether the module is in this process: then its transport has checked what it answers. */
  hosts(rpc: Rpc): boolean {
    return this.transport.hosts(rpc);
  }

  /** Sends an input that was checked. `send` does the same as an Observable, which costs more than all the rest. */
  ask(rpc: Rpc, input: unknown): Promise<Reply> {
    this.noteCall(rpc);
    return this.hosts(rpc) ? this.transport.call(rpc.pattern, input, true) : this.remote.call(rpc, input);
  }

  private noteCall(rpc: Rpc): void {
    const service = currentService();
    if (service === null) return;
    const known = this.called.get(service) ?? new Map<string, Rpc>();
    this.called.set(service, known.set(rpc.module, rpc));
  }

  /** Of each module to each that it has called. Within a process there is nothing that could break. */
  private *breakers() {
    for (const [service, targets] of this.called)
      for (const [module, rpc] of targets) {
        const value = this.transport.hosts(rpc) ? BREAKER_CLOSED : this.remote.breakerState(module);
        yield { service, labels: { target: serviceOf(module) }, value };
      }
  }

  protected override dispatchEvent<T>(): Promise<T> {
    return Promise.reject(new Error('Events go through the outbox, never straight to a client'));
  }
}

type Caller = Pick<ModuleClient, 'ask' | 'hosts'>;

/**
 * A module's typed client. A refusal arrives as a DomainError with the declared code; a timeout or a failure on
 * the other side as OutcomeUnknown; a call that was not executed as Unavailable, one that never left as NotSent.
 */
export function createClient<A extends Api>(api: A, proxy: Caller): ClientOf<A> {
  const methods = Object.entries(api.calls).map(([name, rpc]) => [
    name,
    (input: unknown) => send(proxy, rpc, input),
  ]);
  return Object.fromEntries(methods) as ClientOf<A>;
}

function send(proxy: Caller, rpc: Rpc, input: unknown): Promise<unknown> {
  const target = serviceOf(rpc.module);
  const options = () => ({ attributes: { ...callAttributes(rpc), 'peer.service': target } });
  return inSpan(rpc.pattern, SpanKind.CLIENT, options, (span) => {
    if (span.isRecording())
      for (const [name, value] of Object.entries(subjectsIn(input)))
        span.setAttribute(attributeOf(name), value);
    const labelsOf = (error: unknown) => ({ target, method: rpc.pattern, outcome: outcomeOf(error) });
    return clientDuration.time(labelsOf, () => ask(proxy, rpc, input));
  });
}

async function ask(proxy: Caller, rpc: Rpc, input: unknown): Promise<unknown> {
  const request = rpc.input.parse(input);
  const reply = await within(rpc, proxy.ask(rpc, request));
  if (!reply.ok) throw reply.unsent ? new NotSent(reply.error.detail) : fromWire(reply.error);
  if (proxy.hosts(rpc)) return reply.value;
  const answer = rpc.output.safeParse(reply.value);
  if (!answer.success)
    throw new OutcomeUnknown(`${rpc.pattern} answered in a shape that its contract does not have`);
  return answer.data;
}

async function within<T>(rpc: Rpc, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new OutcomeUnknown(`${rpc.pattern} did not answer within ${rpc.timeoutMs} ms`)),
      rpc.timeoutMs,
    );
  });
  try {
    return await Promise.race([answer, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function fromWire(wire: WireError): DomainError {
  if (wire.code === 'SERVICE.UNAVAILABLE') return new Unavailable(wire.detail);
  if (wire.code === 'SERVICE.OUTCOME_UNKNOWN') return new OutcomeUnknown(wire.detail);
  return DomainError.fromWire(wire);
}
