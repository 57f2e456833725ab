import fc from 'fast-check';
import type { Document, Parameter, Route } from '../openapi.js';
import { oddText, oddValue } from './odd-values.js';
import { type Pool, SchemaValues } from './schema-values.js';

export interface FuzzRequest {
  who: string;
  path: string;
  headers: Record<string, string>;
  /** As it is sent; undefined for none. */
  body: string | undefined;
}

/** Requests for one route: most of them nearly right, some of them nothing like it. */
export function requestsFor(
  route: Route,
  document: Document,
  who: readonly string[],
  pool: Pool,
): fc.Arbitrary<FuzzRequest> {
  const values = new SchemaValues(document, pool);
  const { parameters = [], requestBody } = route.operation;
  const named = (place: Parameter['in']) => parameters.filter((each) => each.in === place);
  const media = requestBody?.content['application/json'];
  return fc
    .record({
      who: fc.noBias(fc.constantFrom(...who)),
      path: pathOf(route.path, named('path'), values),
      query: queryOf(named('query'), values),
      headers: headersOf(named('header'), values),
      body: media ? bodies(values.of(media.schema), media.example) : fc.constant(undefined),
      type: fc.oneof(
        { weight: 40, arbitrary: fc.constant('application/json') },
        {
          weight: 1,
          arbitrary: fc.constantFrom('text/plain', 'application/xml', 'application/json; charset=utf-8', 'x'),
        },
      ),
    })
    .map(({ who, path, query, headers, body, type }) => ({
      who,
      path: query ? `${path}?${query}` : path,
      headers: body === undefined ? headers : { ...headers, 'content-type': type },
      body,
    }));
}

function pathOf(template: string, parameters: Parameter[], values: SchemaValues): fc.Arbitrary<string> {
  const model = Object.fromEntries(
    parameters.map(({ name, schema }) => [
      name,
      fc.oneof(
        { weight: 8, arbitrary: values.of(schema, name).map(String) },
        { weight: 1, arbitrary: oddText },
      ),
    ]),
  );
  return fc
    .record(model)
    .map((chosen) => template.replace(/\{(\w+)\}/g, (_, name: string) => segment(chosen[name] ?? '')));
}

/** A dot would be resolved by the client, and nothing would be another route. */
function segment(text: string): string {
  return /^\.*$/.test(text) ? 'x' : encodeURIComponent(text.toWellFormed());
}

function queryOf(parameters: Parameter[], values: SchemaValues): fc.Arbitrary<string> {
  if (parameters.length === 0) return fc.constant('');
  const one = fc.oneof(
    ...parameters.map(({ name, schema }) =>
      fc.tuple(
        fc.constant(name),
        fc.oneof(
          { weight: 6, arbitrary: values.of(schema, name).map(String) },
          { weight: 1, arbitrary: oddText },
        ),
      ),
    ),
  );
  const unknown = fc.tuple(fc.constantFrom('limit[]', 'x', 'limit', '__proto__', 'constructor', ''), oddText);
  return fc
    .array(fc.oneof({ weight: 12, arbitrary: one }, { weight: 1, arbitrary: unknown }), { maxLength: 3 })
    .map((pairs) =>
      pairs
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`)
        .join('&'),
    );
}

function headersOf(parameters: Parameter[], values: SchemaValues): fc.Arbitrary<Record<string, string>> {
  const model = Object.fromEntries(
    parameters.map(({ name, schema }) => {
      const odd = fc.constantFrom(
        '',
        ' ',
        '*',
        'W/"1"',
        '"1"',
        '"2"',
        '"0"',
        '"999999999999"',
        'x'.repeat(201),
        'a b',
        'ä',
        '__proto__',
      );
      // A key is for one request, or its repetition.
      const right = name === 'Idempotency-Key' ? fc.uuid() : values.of(schema, name).map(headerSafe);
      return [name.toLowerCase(), fc.oneof({ weight: 8, arbitrary: right }, { weight: 2, arbitrary: odd })];
    }),
  );
  const none: fc.Arbitrary<Record<string, string>> = fc.constant({});
  return fc.oneof({ weight: 9, arbitrary: fc.record(model) }, { weight: 1, arbitrary: none });
}

function headerSafe(value: unknown): string {
  return String(value).replace(/[^\x20-\x7e]/g, '');
}

function bodies(right: fc.Arbitrary<unknown>, example: unknown): fc.Arbitrary<string | undefined> {
  const base = fc.oneof({ weight: 5, arbitrary: right }, { weight: 1, arbitrary: fc.constant(example) });
  const asJson = (value: unknown) => JSON.stringify(value);
  return fc.oneof(
    { weight: 10, arbitrary: base.map(asJson) },
    {
      weight: 8,
      arbitrary: fc.tuple(base, changes).map(([value, change]) => asJson(changed(value, change))),
    },
    { weight: 2, arbitrary: oddValue.map(asJson) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(base.map(asJson), fc.nat())
        .map(([text, at]) => text.slice(0, at % (text.length + 1))),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        undefined,
        '',
        '{',
        '{"__proto__":{}}',
        '\u0000',
        '[1,]',
        '1e400',
        '{"a":1e400}',
      ),
    },
  );
}

interface Change {
  at: number;
  how: 'set' | 'delete' | 'add' | 'wrap' | 'twice';
  name: string;
  value: unknown;
}

const changes: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(1000),
  how: fc.constantFrom(
    'set' as const,
    'set' as const,
    'delete' as const,
    'add' as const,
    'wrap' as const,
    'twice' as const,
  ),
  name: fc.constantFrom('extra', 'id', 'userId', 'toString', 'status', ''),
  value: oddValue,
});

type Holder = Record<string, unknown>;

/** The value with one thing in it changed, wherever that is. */
function changed(value: unknown, { at, how, name, value: odd }: Change): unknown {
  const copy = structuredClone(value);
  const places = placesIn(copy);
  const place = places[at % Math.max(1, places.length)];
  if (!place) return how === 'wrap' ? [copy] : odd;
  const { holder, key } = place;
  if (how === 'set') holder[key] = odd;
  else if (how === 'delete') delete holder[key];
  else if (how === 'wrap') holder[key] = [holder[key]];
  else if (how === 'twice' && Array.isArray(holder)) holder.push(structuredClone(holder[0]));
  else if (!Array.isArray(holder)) holder[name] = odd;
  return copy;
}

function placesIn(value: unknown): { holder: Holder; key: string }[] {
  if (value === null || typeof value !== 'object') return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}
