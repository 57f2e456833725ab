import { Injectable, Logger } from '@nestjs/common';
import {
  BaseRpcContext,
  type CustomTransportStrategy,
  type MessageHandler,
  Server,
} from '@nestjs/microservices';
import { context } from '@opentelemetry/api';
import { isObservable, lastValueFrom } from 'rxjs';
import { OutcomeUnknown, ServiceErrors, Unavailable } from '../errors/common.errors.js';
import { DomainError } from '../errors/domain-error.js';
import { secondsSince } from '../telemetry/instruments.js';
import { serviceOf, subjectsIn } from '../telemetry/names.js';
import { failSpan, inSpan, linkToActive, SpanKind } from '../telemetry/tracing.js';
import { contextFrom, currentWork, tellAbout, withWork } from '../telemetry/work-context.js';
import type { Api, EventEnvelope, EventType, Rpc, Subscriber } from './contract.js';
import type { HandlerExtras } from './handler.decorators.js';
import type { Inbox } from './inbox.js';
import { eventLag, eventsConsumed, outcomeOf, serverDuration } from './messaging.metrics.js';
import type { EventBus } from './event-bus.js';
import { isChecked } from './outbox.js';
import type { Reply } from './remote-modules.js';

interface CallHandler {
  rpc: Rpc;
  run: MessageHandler;
}

interface Subscription {
  event: EventType;
  run: MessageHandler;
}

/** Failures that need no declaration: any call may meet them. */
const PASSED_ON = new Set(['SERVICE.UNAVAILABLE', 'SERVICE.OUTCOME_UNKNOWN', 'SERVICE.OVERLOADED']);

/**
 * The process's one message server. It holds the handlers of all hosted modules and runs them with the same
 * checks, whoever calls: a client in this process, the outbox relay, or the broker.
 */
@Injectable()
export class ModuleTransport extends Server implements CustomTransportStrategy, EventBus {
  override readonly transportId = Symbol('waybill');
  /** Ours to see: an event is done only when its handler is. */
  override readonly propagatesEventHandlerErrors = true;

  /** In the lab: what each call and each event waits for first. */
  holdUp: (() => Promise<void>) | null = null;

  private readonly log = new Logger('ModuleTransport');
  private readonly calls = new Map<string, CallHandler>();
  private readonly subscriptions = new Map<string, Map<string, Subscription>>();
  private readonly inboxes = new Map<string, Inbox>();
  private readonly running = new Set<Promise<unknown>>();
  private closing = false;

  override addHandler(
    pattern: unknown,
    run: MessageHandler,
    isEvent = false,
    extras: HandlerExtras = {},
  ): void {
    const { rpc, event, consumer } = extras;
    if (isEvent && event && consumer) return this.addSubscription(event, consumer, run);
    if (!isEvent && rpc) return this.addCall(rpc, run);
    throw new Error(
      `The message handler of ${JSON.stringify(pattern)} was not declared with @Handles or @On`,
    );
  }

  /**
   * Throws unless every call of these modules has its handler, and each takes in just the events that it is
   * registered for: a gap shows at boot, not in the first order.
   */
  verify(hosted: readonly Api[], subscribers: readonly Subscriber[] = []): void {
    const missing = hosted
      .flatMap((api) => Object.values(api.calls))
      .filter((rpc) => !this.hosts(rpc))
      .map((rpc) => rpc.pattern);
    if (missing.length > 0) {
      throw new Error(
        `No handler for ${missing.join(', ')}. Add a method with @Handles to the module's message controller.`,
      );
    }
    for (const subscriber of subscribers) this.verifySubscriber(subscriber);
  }

  /** Whether the call is answered in this process. */
  hosts({ pattern }: Rpc): boolean {
    return this.calls.has(pattern);
  }

  /**
   * Runs a hosted call. Never rejects: whatever goes wrong comes back as a wire error. `checked`: the caller has parsed
   * the input by this very contract, and nobody has had it since.
   */
  async call(pattern: string, input: unknown, checked = false): Promise<Reply> {
    const handler = this.calls.get(pattern);
    if (!handler) return failure(ServiceErrors.UNAVAILABLE(`${pattern} is not hosted here`));
    if (this.closing) return failure(ServiceErrors.UNAVAILABLE('This process is stopping'));
    return this.track(this.serve(handler, input, checked));
  }

  /** A module's memory of failed deliveries. */
  attachInbox(inbox: Inbox): void {
    this.inboxes.set(inbox.module, inbox);
  }

  /** Events for this process's own handlers need nothing else. */
  get ready(): boolean {
    return !this.closing;
  }

  /** Hands an event to every consumer; resolves when each has applied it or durably kept it for later. */
  async publish(envelope: EventEnvelope): Promise<void> {
    const consumers = this.subscriptions.get(routingKey(envelope))?.keys() ?? [];
    await Promise.all([...consumers].map((consumer) => this.deliverOrPark(consumer, envelope)));
  }

  async publishTo(consumer: string, envelope: EventEnvelope): Promise<void> {
    await this.deliverOrPark(consumer, envelope);
  }

  /** Resolves when the consumer has applied the event. */
  async deliver(consumer: string, envelope: EventEnvelope): Promise<void> {
    if (this.closing) throw new Unavailable('This process is stopping');
    await this.track(this.apply(consumer, envelope));
  }

  /** True when the consumer has applied the event, false when it failed and is kept for later. */
  async deliverOrPark(consumer: string, envelope: EventEnvelope): Promise<boolean> {
    if (this.closing) throw new Unavailable('This process is stopping');
    try {
      await this.deliver(consumer, envelope);
      return true;
    } catch (error) {
      const inbox = this.inboxes.get(consumer);
      if (!inbox) throw error;
      await inbox.park(envelope, error);
      return false;
    }
  }

  listen(callback: () => void): void {
    callback();
  }

  /** Takes no more work and waits for what runs. */
  async close(): Promise<void> {
    this.closing = true;
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  on(): void {
    // No connection of its own, so no events to listen for.
  }

  unwrap<T>(): T {
    return this as unknown as T;
  }

  private verifySubscriber({ module, consumes }: Subscriber): void {
    const registered = consumes.map(({ routingKey }) => routingKey).toSorted();
    const handled = [...this.subscriptions]
      .filter(([, consumers]) => consumers.has(module))
      .map(([routingKey]) => routingKey)
      .toSorted();
    if (registered.join() === handled.join()) return;
    throw new Error(
      `${module} has handlers for ${handled.join(', ') || 'no event'}, but is registered for ${registered.join(', ') || 'none'}. ` +
        'Make its `consumes` and its methods with @On agree.',
    );
  }

  private addCall(rpc: Rpc, run: MessageHandler): void {
    if (this.calls.has(rpc.pattern))
      throw new Error(`Two handlers for ${rpc.pattern}: a call has exactly one`);
    this.calls.set(rpc.pattern, { rpc, run });
  }

  private addSubscription(event: EventType, consumer: string, run: MessageHandler): void {
    const consumers = this.subscriptions.get(event.routingKey) ?? new Map<string, Subscription>();
    if (consumers.has(consumer))
      throw new Error(`Two handlers of ${consumer} for ${event.routingKey}: it may have one`);
    this.subscriptions.set(event.routingKey, consumers.set(consumer, { event, run }));
  }

  private async track<T>(work: Promise<T>): Promise<T> {
    this.running.add(work);
    try {
      return await work;
    } finally {
      this.running.delete(work);
    }
  }

  private serve({ rpc, run }: CallHandler, input: unknown, checked: boolean): Promise<Reply> {
    const started = performance.now();
    const work = { ...currentWork(), about: {}, module: rpc.module };
    return context.with(withWork(context.active(), work), () =>
      inSpan(
        rpc.pattern,
        SpanKind.SERVER,
        () => ({ attributes: callAttributes(rpc) }),
        async (span) => {
          tellAbout(subjectsIn(input), span);
          const reply = await this.answer(rpc, run, input, checked);
          const error = reply.ok ? null : DomainError.fromWire(reply.error);
          const outcome = outcomeOf(error);
          if (error) failSpan(span, error);
          serverDuration.observe({ method: rpc.pattern, outcome }, secondsSince(started));
          return reply;
        },
      ),
    );
  }

  private async answer(rpc: Rpc, run: MessageHandler, input: unknown, checked: boolean): Promise<Reply> {
    try {
      if (this.holdUp) await this.holdUp();
      const parsed = checked ? input : rpc.input.parse(input);
      const value = rpc.output.parse(await settle(run, parsed));
      return { ok: true, value };
    } catch (error) {
      return this.failed(rpc, error);
    }
  }

  private failed(rpc: Rpc, error: unknown): Reply {
    if (error instanceof DomainError) {
      if (rpc.errors.includes(error.code) || PASSED_ON.has(error.code)) return failure(error);
      this.log.error(`${rpc.pattern} refused with ${error.code}, which its contract does not declare`);
    } else {
      this.log.error({ err: error, rpc: rpc.pattern }, `${rpc.pattern} failed`);
    }
    return failure(new OutcomeUnknown(`${rpc.pattern} failed`));
  }

  private async apply(consumer: string, envelope: EventEnvelope): Promise<void> {
    const subscription = this.subscriptions.get(routingKey(envelope))?.get(consumer);
    if (!subscription) throw new Error(`${consumer} does not subscribe to ${routingKey(envelope)}`);
    const { event, run } = subscription;
    const work = { module: consumer, correlationId: envelope.correlationId, causationId: envelope.id };
    await context.with(withWork(contextFrom(envelope.traceparent), work), () =>
      inSpan(
        `${envelope.name} process`,
        SpanKind.CONSUMER,
        () => ({ attributes: eventAttributes(envelope, 'process'), links: linkToActive() }),
        async (span) => {
          tellAbout({ event_id: envelope.id, ...subjectsIn(envelope.payload) }, span);
          try {
            if (this.holdUp) await this.holdUp();
            const { payload } = envelope;
            const parsed = isChecked(payload) ? payload : event.payload.parse(payload);
            await settle(run, { ...envelope, payload: parsed });
          } catch (error) {
            eventsConsumed.inc({ event: envelope.name, outcome: 'failed' });
            throw error;
          }
          eventsConsumed.inc({ event: envelope.name, outcome: 'ok' });
          eventLag.observe({ event: envelope.name }, secondsFrom(envelope.occurredAt));
        },
      ),
    );
  }
}

/** Attributes of a call's spans, at both ends. Source: OpenTelemetry's semantic conventions for RPC. */
export function callAttributes(rpc: Rpc): Record<string, string> {
  return { 'rpc.system': 'waybill', 'rpc.service': serviceOf(rpc.module), 'rpc.method': rpc.pattern };
}

/** Attributes of an event's spans, at both ends. Source: OpenTelemetry's semantic conventions for messaging. */
export function eventAttributes(
  envelope: EventEnvelope,
  operation: 'publish' | 'process',
): Record<string, string> {
  return {
    'messaging.system': 'waybill',
    'messaging.destination.name': routingKey(envelope),
    'messaging.operation.name': operation,
    'messaging.operation.type': operation === 'publish' ? 'send' : 'process',
    'messaging.message.id': envelope.id,
    'messaging.message.conversation_id': envelope.correlationId,
  };
}

/** Clocks of two machines differ: never less than nothing. */
function secondsFrom(occurredAt: string): number {
  return Math.max(0, (Date.now() - Date.parse(occurredAt)) / 1000);
}

function routingKey(envelope: EventEnvelope): string {
  return `${envelope.name}.v${envelope.version}`;
}

function failure(error: DomainError): Reply {
  return { ok: false, error: error.toWire() };
}

/** Nest hands back the answer itself or, through filters and interceptors, a stream of the one. */
async function settle(run: MessageHandler, data: unknown): Promise<unknown> {
  const answer: unknown = await run(data, new BaseRpcContext([]));
  return isObservable(answer) ? lastValueFrom(answer, { defaultValue: undefined }) : answer;
}
