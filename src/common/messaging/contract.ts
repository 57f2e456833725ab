import type { z } from 'zod';

type Schema = z.ZodType;

/** What a call promises. Both ends check input and output, whether or not they share a process. */
export interface RpcSpec<I extends Schema = Schema, O extends Schema = Schema> {
  input: I;
  output: O;
  /** The codes it may refuse with. Any other failure reaches the caller as OutcomeUnknown. */
  errors: readonly string[];
  /** May it be sent again without asking? True for reads and for writes that carry their own key. */
  idempotent: boolean;
  /** Milliseconds until the caller stops waiting. The outcome is then unknown. Default 3000. */
  timeoutMs?: number;
}

export interface Rpc<I extends Schema = Schema, O extends Schema = Schema> extends Required<RpcSpec<I, O>> {
  module: string;
  method: string;
  /** `inventory.reserve`: routing pattern, span name and metric label. */
  pattern: string;
}

export interface EventSpec<P extends Schema = Schema> {
  payload: P;
  /** The aggregate whose events keep their order among each other. */
  key: (payload: z.output<P>) => string;
  /** Default 1; goes up when the payload changes in a way that old consumers cannot read. */
  version?: number;
}

export interface EventType<P extends Schema = Schema> extends Required<EventSpec<P>> {
  module: string;
  /** `orders.confirmed`, as people and metrics call it. */
  name: string;
  /** `orders.confirmed.v1`. */
  routingKey: string;
}

/** An event as it travels. Source: the envelope of docs/events.md. */
export interface EventEnvelope<T = unknown> {
  id: string;
  name: string;
  version: number;
  /** RFC 3339 UTC. */
  occurredAt: string;
  correlationId: string;
  causationId: string | null;
  /** W3C trace context of what caused it, or null. */
  traceparent: string | null;
  payload: T;
}

/** A module and the events that it takes in. */
export interface Subscriber {
  module: string;
  consumes: readonly EventType[];
}

export function rpc<I extends Schema, O extends Schema>(spec: RpcSpec<I, O>): RpcSpec<I, O> {
  return spec;
}

export function event<P extends Schema>(spec: EventSpec<P>): EventSpec<P> {
  return spec;
}

type RpcSpecs = Record<string, RpcSpec>;
type EventSpecs = Record<string, EventSpec>;

type Calls<S extends RpcSpecs> = { [K in keyof S]: Rpc<S[K]['input'], S[K]['output']> };
type Events<S extends EventSpecs> = {
  [K in keyof S]: S[K] extends EventSpec<infer P> ? EventType<P> : never;
};

/** A module's calls, and the injection token of the client for them. */
export interface Api<S extends RpcSpecs = RpcSpecs> extends Function {
  moduleName: string;
  calls: Calls<S>;
}

/** Declares a module's calls: `export const InventoryApi = defineApi('inventory', { reserve: rpc({…}) })`. */
export function defineApi<S extends RpcSpecs>(module: string, specs: S): Api<S> {
  const calls = Object.fromEntries(
    Object.entries(specs).map(([method, spec]) => [
      method,
      { timeoutMs: 3000, ...spec, module, method, pattern: `${module}.${method}` },
    ]),
  ) as Calls<S>;
  // Nest takes a function, not an object, as an injection token; one with a `module` would be a dynamic module.
  return Object.assign(class {}, { moduleName: module, calls }) as unknown as Api<S>;
}

/** Declares a module's events: `lowStock` becomes `inventory.low-stock`, routed as `inventory.low-stock.v1`. */
export function defineEvents<S extends EventSpecs>(module: string, specs: S): Events<S> {
  const entries = Object.entries(specs).map(([key, spec]) => {
    const name = `${module}.${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const version = spec.version ?? 1;
    return [key, { ...spec, version, module, name, routingKey: `${name}.v${version}` }];
  });
  return Object.fromEntries(entries) as Events<S>;
}

/** The caller's view of a module: `@Inject(InventoryApi) inventory: ClientOf<typeof InventoryApi>`. */
export type ClientOf<A> =
  A extends Api<infer S>
    ? { [K in keyof S]: (input: z.input<S[K]['input']>) => Promise<z.output<S[K]['output']>> }
    : never;

export type InputOf<R> = R extends { input: infer I extends Schema } ? z.output<I> : never;
export type OutputOf<R> = R extends { output: infer O extends Schema } ? z.input<O> : never;
export type PayloadOf<E> = E extends { payload: infer P extends Schema } ? z.output<P> : never;
export type EnvelopeOf<E> = EventEnvelope<PayloadOf<E>>;

/** What a message controller must offer to implement a module's calls. */
export type HandlersOf<A> =
  A extends Api<infer S>
    ? { [K in keyof S]: (input: z.output<S[K]['input']>) => Promise<z.input<S[K]['output']>> }
    : never;
