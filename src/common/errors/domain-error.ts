/** One problem with one field of an input. `path` is dotted: `items.0.quantity`. */
export interface FieldError {
  path: string;
  message: string;
}

export interface ErrorSpec {
  /** HTTP status of the answer. */
  status: number;
  /** Short, the same for every occurrence. */
  title: string;
  /** Seconds after which the same request may do better; sent as `Retry-After`. */
  retryAfter?: number;
}

export interface ErrorExtras {
  retryAfter?: number;
  errors?: FieldError[];
}

/** An error in the form in which it crosses from one module to another. */
export interface WireError extends ErrorSpec {
  code: string;
  detail: string;
  errors?: FieldError[];
}

/**
 * An expected refusal. Inside a module it is thrown; between modules it travels as its code.
 * `code` is stable (`INVENTORY.OUT_OF_STOCK`) and listed in docs/errors.md.
 */
export class DomainError extends Error {
  readonly retryAfter: number | undefined;
  readonly errors: FieldError[] | undefined;

  constructor(
    readonly code: string,
    readonly spec: ErrorSpec,
    detail?: string,
    extras: ErrorExtras = {},
  ) {
    super(detail ?? spec.title);
    this.name = new.target.name;
    this.retryAfter = extras.retryAfter ?? spec.retryAfter;
    this.errors = extras.errors;
  }

  get status(): number {
    return this.spec.status;
  }

  toWire(): WireError {
    return {
      code: this.code,
      status: this.spec.status,
      title: this.spec.title,
      detail: this.message,
      ...(this.retryAfter === undefined ? {} : { retryAfter: this.retryAfter }),
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    };
  }

  static fromWire(wire: WireError): DomainError {
    const { code, status, title, detail, retryAfter, errors } = wire;
    return new DomainError(code, { status, title }, detail, {
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(errors === undefined ? {} : { errors }),
    });
  }
}

export type ErrorFactory = (detail?: string, extras?: ErrorExtras) => DomainError;

const catalogue = new Map<string, ErrorSpec>();

/**
 * A module's error codes, each a function that makes the error:
 * `defineErrors('ORDER', { NOT_FOUND: { status: 404, title: 'Order not found' } }).NOT_FOUND()`.
 */
export function defineErrors<K extends string>(
  prefix: string,
  specs: Record<K, ErrorSpec>,
): Record<K, ErrorFactory> {
  const factories = {} as Record<K, ErrorFactory>;
  for (const [key, spec] of Object.entries(specs) as [K, ErrorSpec][]) {
    const code = `${prefix}.${key}`;
    catalogue.set(code, spec);
    factories[key] = (detail, extras) => new DomainError(code, spec, detail, extras);
  }
  return factories;
}

/** Every code defined so far, for the documentation and its test. */
export function errorCatalogue(): ReadonlyMap<string, ErrorSpec> {
  return catalogue;
}
