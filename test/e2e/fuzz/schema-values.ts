import fc from 'fast-check';
import type { Document, Schema } from '../openapi.js';
import { ODD_NUMBERS, ODD_TIMES } from './odd-values.js';

/** Values that mean something to the system, by the name of the field or parameter. */
export type Pool = (field: string) => readonly unknown[];

interface StringRules {
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
}

/** Makes values that a schema of the document allows, some of them known to the system, many at its bounds. */
export class SchemaValues {
  constructor(
    private readonly document: Document,
    private readonly pool: Pool,
  ) {}

  of(schema: Schema, field = ''): fc.Arbitrary<unknown> {
    const known = this.pool(field);
    const made = this.make(schema, field);
    if (known.length === 0 || schema['type'] === 'object') return made;
    return fc.oneof(
      { weight: 6, arbitrary: fc.noBias(fc.constantFrom(...known)) },
      { weight: 1, arbitrary: made },
    );
  }

  private make(schema: Schema, field: string): fc.Arbitrary<unknown> {
    if (schema.$ref) return this.of(this.resolve(schema.$ref), field);
    const choices = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
    if (choices) return fc.oneof(...choices.map((each) => this.of(each, field)));
    if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
    const { type } = schema;
    if (Array.isArray(type))
      return fc.oneof(...type.map((each: unknown) => this.make({ ...schema, type: each }, field)));
    return this.ofType(schema, field);
  }

  private ofType(schema: Schema, field: string): fc.Arbitrary<unknown> {
    switch (schema['type']) {
      case 'object':
        return this.object(schema);
      case 'array':
        return this.array(schema, field);
      case 'integer':
      case 'number':
        return integers(schema as { minimum?: number; maximum?: number });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'string':
        return strings(schema as StringRules);
      default:
        return fc.jsonValue({ maxDepth: 2 });
    }
  }

  private object(schema: Schema): fc.Arbitrary<unknown> {
    const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
    const more = schema['additionalProperties'];
    if (properties.length === 0 && typeof more === 'object') {
      return fc.dictionary(fc.string({ minLength: 1, maxLength: 10 }), this.of(more as Schema), {
        maxKeys: 3,
      });
    }
    const model = Object.fromEntries(properties.map(([name, each]) => [name, this.of(each, name)]));
    return fc.record(model, { requiredKeys: (schema['required'] ?? []) as never[] });
  }

  private array(schema: Schema, field: string): fc.Arbitrary<unknown> {
    const { minItems = 0, maxItems = 4 } = schema as { minItems?: number; maxItems?: number };
    return fc.array(this.of(schema['items'] as Schema, field), {
      minLength: minItems,
      maxLength: Math.min(maxItems, 4),
    });
  }

  private resolve(ref: string): Schema {
    const schema = this.document.components.schemas[ref.split('/').at(-1) ?? ''];
    if (!schema) throw new Error(`the document has no ${ref}`);
    return schema;
  }
}

function integers({ minimum = -(2 ** 31), maximum = 2 ** 53 - 1 }: { minimum?: number; maximum?: number }) {
  const bounds = [minimum, maximum, ...ODD_NUMBERS].filter(
    (n) => Number.isInteger(n) && n >= minimum && n <= maximum,
  );
  return fc.oneof(
    fc.integer({ min: Math.max(minimum, -5), max: Math.min(maximum, 5) }),
    fc.constantFrom(...bounds),
    fc.maxSafeInteger().map((n) => Math.min(maximum, Math.max(minimum, n))),
  );
}

function strings({ minLength = 0, maxLength = 60, pattern, format }: StringRules): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return fc.constantFrom(...ODD_TIMES);
  // fast-check cannot make texts for what looks ahead; then the pool has to.
  if (pattern !== undefined && !/\(\?[=!<]/.test(pattern))
    return fc.stringMatching(new RegExp(pattern), { size: 'small' });
  const longest = fc.constantFrom(minLength, maxLength).map((length) => 'y'.repeat(length));
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 40) }),
    },
    { weight: 1, arbitrary: longest },
  );
}
