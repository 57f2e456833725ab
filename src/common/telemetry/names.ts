/** What telemetry must know of the application that it is part of. Told once, before anything is measured. */
export interface TelemetryNames {
  /** `service` of a module: in metrics, logs and traces. */
  serviceOf: (module: string) => string;
  /** Fields of calls and events that say what they are about, such as `orderId`: logs and spans tell them. */
  subjects: readonly string[];
}

let names: TelemetryNames = { serviceOf: (module) => module, subjects: [] };
/** Each with the name that log lines have for it. */
let subjects: readonly (readonly [field: string, name: string])[] = [];

export function useTelemetryNames(ours: TelemetryNames): void {
  names = ours;
  subjects = ours.subjects.map((field) => [field, toSnakeCase(field)]);
}

export function serviceOf(module: string): string {
  return names.serviceOf(module);
}

/** What a call or an event is about, by the names that log lines have: `{ order_id: '0197…' }`. */
export function subjectsIn(message: unknown): Record<string, string> {
  const about: Record<string, string> = {};
  if (typeof message !== 'object' || message === null) return about;
  for (const [field, name] of subjects) {
    const value = (message as Record<string, unknown>)[field];
    if (typeof value === 'string') about[name] = value;
  }
  return about;
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
