import { applyDecorators } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import type { EnvelopeOf, EventType, InputOf, OutputOf, Rpc } from './contract.js';

/** What a handler carries, so that the transport can check its messages. */
export interface HandlerExtras {
  rpc?: Rpc;
  event?: EventType;
  consumer?: string;
}

type MethodOf<F> = <T extends F>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<T>,
) => void;

/** Marks the method that answers a call. A method of another shape does not compile. */
export function Handles<R extends Rpc>(call: R): MethodOf<(input: InputOf<R>) => Promise<OutputOf<R>>> {
  const extras: HandlerExtras = { rpc: call };
  return applyDecorators(MessagePattern(call.pattern, extras as Record<string, unknown>)) as MethodOf<
    (input: InputOf<R>) => Promise<OutputOf<R>>
  >;
}

/**
 * Marks the method by which the module `consumer` takes in an event. It must be safe to run again with the
 * same event: keep an inbox row in the transaction of its effect.
 */
export function On<E extends EventType>(
  type: E,
  consumer: string,
): MethodOf<(event: EnvelopeOf<E>) => Promise<void>> {
  const extras: HandlerExtras = { event: type, consumer };
  return applyDecorators(
    EventPattern<string>(type.routingKey, extras as Record<string, unknown>),
  ) as MethodOf<(event: EnvelopeOf<E>) => Promise<void>>;
}
