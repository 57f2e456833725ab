/** All that was recorded, by the metric's name. */
export const recorded = new Map<string, { kind: 'counter' | 'rate' | 'trend'; values: number[] }>([
  ['checks', { kind: 'rate', values: [] }],
  ['http_req_duration', { kind: 'trend', values: [] }],
  // One iteration waits for the other here.
  ['dropped_iterations', { kind: 'counter', values: [] }],
]);

export function record(name: string, value: number): void {
  const metric = recorded.get(name);
  if (!metric) throw new Error(`There is no metric ${name}`);
  if (!Number.isFinite(value)) throw new Error(`${name} got ${value}`);
  metric.values.push(value);
}

class Metric {
  constructor(
    private readonly name: string,
    kind: 'counter' | 'rate' | 'trend',
  ) {
    if (recorded.has(name)) throw new Error(`There are two metrics ${name}`);
    recorded.set(name, { kind, values: [] });
  }

  add(value: number | boolean): void {
    record(this.name, Number(value));
  }
}

export class Counter extends Metric {
  constructor(name: string) {
    super(name, 'counter');
  }
}

export class Rate extends Metric {
  constructor(name: string) {
    super(name, 'rate');
  }
}

export class Trend extends Metric {
  constructor(name: string, _isTime?: boolean) {
    super(name, 'trend');
  }
}

const THRESHOLD = /^(count|rate|p\((\d+)\))(<=|==|>|<|>=)([\d.]+)$/;
const HOLDS: Record<string, (value: number, bound: number) => boolean> = {
  '<=': (value, bound) => value <= bound,
  '==': (value, bound) => value === bound,
  '>=': (value, bound) => value >= bound,
  '<': (value, bound) => value < bound,
  '>': (value, bound) => value > bound,
};

/** Those that were missed. @throws when one is not written as k6 wants it, or does not fit its metric */
export function missed(thresholds: Record<string, string[]>): string[] {
  return Object.entries(thresholds).flatMap(([name, expressions]) =>
    expressions
      .filter((expression) => !holds(name, expression))
      .map((expression) => `${name}: ${expression}`),
  );
}

function holds(name: string, expression: string): boolean {
  const metric = recorded.get(name);
  const [, aggregate = '', percentile, operator = '', bound] = THRESHOLD.exec(expression) ?? [];
  const kind = aggregate === 'count' ? 'counter' : aggregate === 'rate' ? 'rate' : 'trend';
  if (metric?.kind !== kind) throw new Error(`No such threshold: ${name}: ${expression}`);
  const { values } = metric;
  const sum = values.reduce((total, value) => total + value, 0);
  // Nothing recorded: k6 has 0 then.
  const value =
    kind === 'counter'
      ? sum
      : kind === 'rate'
        ? sum / Math.max(1, values.length)
        : (values.toSorted((one, other) => one - other)[
            Math.ceil((values.length * Number(percentile)) / 100) - 1
          ] ?? 0);
  return HOLDS[operator]?.(value, Number(bound)) === true;
}
