import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** A schema as OpenAPI has it: its own shape, and the named shapes that it refers to. */
export interface ConvertedSchema {
  schema: JsonSchema;
  components: Record<string, JsonSchema>;
}

type Direction = 'input' | 'output';
type Components = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
const DEFINITION = '#/$defs/';
const COMPONENT = '#/components/schemas/';
const INPUT = '.input';

/**
 * Makes OpenAPI 3.1 schemas of zod's, for one document. A schema with `.meta({ id })` becomes a component of that
 * name. What is taken in may differ from what is answered (defaults, unknown keys): then it is a component of its
 * own, and `nameInputs` gives it its last name.
 */
export class OpenApiSchemas {
  private readonly known = new Map<string, string>();

  /** Null for what is not a zod schema. Throws when two different schemas have one id. */
  convert(schema: unknown, direction: Direction): ConvertedSchema | null {
    if (!(schema instanceof z.core.$ZodType)) return null;
    const output = split(toJsonSchema(schema, 'output'));
    const named =
      direction === 'output'
        ? rename(output, (name) => name)
        : asInput(split(toJsonSchema(schema, 'input')), output);
    for (const [name, component] of Object.entries(named.components)) this.claim(name, component);
    return named;
  }

  /** Names input forms: `Order` where the document has no other form of it, else `OrderInput`. */
  nameInputs(document: OpenAPIObject): OpenAPIObject {
    const nameOf = (name: string) => {
      if (!name.endsWith(INPUT)) return name;
      const id = name.slice(0, -INPUT.length);
      return this.known.has(id) ? `${id}Input` : id;
    };
    const renamed = mapRefs(document, (ref) =>
      ref.startsWith(COMPONENT) ? COMPONENT + nameOf(ref.slice(COMPONENT.length)) : ref,
    );
    const schemas = Object.entries(renamed.components?.schemas ?? {}).map(([name, schema]) => [
      nameOf(name),
      schema,
    ]);
    return {
      ...renamed,
      components: { ...renamed.components, schemas: Object.fromEntries(schemas) as Components },
    };
  }

  private claim(name: string, component: JsonSchema): void {
    const text = JSON.stringify(component);
    if ((this.known.get(name) ?? text) !== text) throw new Error(`Two different schemas have the id ${name}`);
    this.known.set(name, text);
  }
}

function toJsonSchema(schema: z.core.$ZodType, io: Direction): JsonSchema {
  return z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => tidy(jsonSchema),
  });
}

/** Leaves out what says nothing new: a pattern beside its format, and the bounds of every safe integer. */
function tidy(schema: JsonSchema): void {
  if (schema.format === 'uuid' || schema.format === 'date-time') delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

function split(document: JsonSchema): ConvertedSchema {
  const { $defs = {}, ...schema } = document;
  delete schema.$schema;
  return { schema, components: $defs as Record<string, JsonSchema> };
}

function asInput(input: ConvertedSchema, output: ConvertedSchema): ConvertedSchema {
  const different = differing(input, output);
  return rename(input, (name) => (different.has(name) ? name + INPUT : name));
}

/** The components of `input` that differ from their output form, and with them those that refer to them. */
function differing(input: ConvertedSchema, output: ConvertedSchema): Set<string> {
  const names = Object.keys(input.components);
  const text = (name: string, from: ConvertedSchema) => JSON.stringify(from.components[name]);
  const found = new Set(names.filter((name) => text(name, input) !== text(name, output)));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const name of names) {
      if ([...found].some((other) => text(name, input).includes(`"${DEFINITION}${other}"`))) found.add(name);
    }
  }
  return found;
}

/** Points references at the document's components, under the names they get there. */
function rename({ schema, components }: ConvertedSchema, nameOf: (name: string) => string): ConvertedSchema {
  const point = (value: JsonSchema) =>
    mapRefs(value, (ref) => COMPONENT + nameOf(ref.slice(DEFINITION.length)));
  const pointed = Object.entries(components).map(([name, component]) => [nameOf(name), point(component)]);
  return { schema: point(schema), components: Object.fromEntries(pointed) as Record<string, JsonSchema> };
}

function mapRefs<T>(value: T, map: (ref: string) => string): T {
  const replace = (key: string, inner: unknown) =>
    key === '$ref' && typeof inner === 'string' ? map(inner) : inner;
  return JSON.parse(JSON.stringify(value, replace)) as T;
}
