import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type AlloyBlock, readAlloy } from '../observability/alloy.js';

/** What may stand somewhere, in the notation of options/README.md. */
export type Options = string | [Options] | { [name: string]: Options };

export interface Documented {
  program: string;
  image: string;
  /** The beginning of the image's tag. */
  version: string;
  options: { [name: string]: Options };
}

export function documented(name: string): Documented {
  const text = readFileSync(join(__dirname, 'options', `${name}.yaml`), 'utf8');
  return parse(text, { merge: true }) as Documented;
}

const GO_DURATION = /^(?:0|(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/;
const LONG_DURATION = /^(?:0|(?:\d+(?:ms|s|m|h|d|w|y))+)$/;

/** Names are compared as Traefik does it where `ignoreCase`; labels are text, whatever they mean. */
interface Manner {
  ignoreCase?: boolean;
  texts?: boolean;
}

/** Each place of `value` that is not as documented: its path, and what is wrong there. */
export function optionProblems(value: unknown, options: Options, manner: Manner = {}, path = ''): string[] {
  if (options === 'any') return [];
  const problem = (what: string) => [`${path || 'the file'}: ${what}`];
  if (Array.isArray(options)) {
    if (!Array.isArray(value)) return problem(`${JSON.stringify(value)} is no list`);
    return value.flatMap((each, index) => optionProblems(each, options[0], manner, `${path}[${index}]`));
  }
  if (typeof options === 'string') {
    const wrong = wrongValue(manner.texts ? meant(value) : value, options);
    return wrong ? problem(wrong) : [];
  }
  // A section that is named and left empty has its defaults.
  if (value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value))
    return problem(`${JSON.stringify(value)} is no section`);

  const found = Object.entries(value).flatMap(([name, inner]) => {
    const at = path ? `${path}.${name}` : name;
    const known = find(options, name, manner.ignoreCase ?? false);
    return known === undefined ? [`${at}: no such option`] : optionProblems(inner, known, manner, at);
  });
  const missing = requiredOf(options)
    .filter((name) => !(name in value))
    .map((name) => `${path}.${name}: missing`);
  return [...found, ...missing];
}

function find(options: { [name: string]: Options }, name: string, ignoreCase: boolean): Options | undefined {
  if (name.endsWith('!') || name === '*') return undefined;
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const entry = Object.entries(options).find(([known]) => fold(known.replace(/!$/, '')) === fold(name));
  return entry?.[1] ?? options['*'];
}

const requiredOf = (options: { [name: string]: Options }): string[] =>
  Object.keys(options)
    .filter((name) => name.endsWith('!'))
    .map((name) => name.slice(0, -1));

function meant(value: unknown): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

/** @throws when the type is none of the notation, so that a slip in the lists is not taken for `any` */
function wrongValue(value: unknown, type: string): string | null {
  const shown = JSON.stringify(value);
  const [, kind = type, list = ''] = /^(enum|deprecated)\((.*)\)$/.exec(type) ?? [];
  switch (kind) {
    case 'deprecated':
      return `deprecated, in favour of ${list}`;
    case 'enum':
      return list.split(' | ').includes(String(value))
        ? null
        : `${shown} is none of ${list.replaceAll(' |', ',')}`;
    case 'string':
      return typeof value === 'string' ? null : `${shown} is no string`;
    case 'number':
      return typeof value === 'number' ? null : `${shown} is no number`;
    case 'boolean':
      return typeof value === 'boolean' ? null : `${shown} is no boolean`;
    case 'duration':
      return GO_DURATION.test(String(value)) ? null : `${shown} is no duration`;
    case 'long duration':
      return LONG_DURATION.test(String(value)) ? null : `${shown} is no duration`;
    default:
      throw new Error(`${type} is no type: see test/deploy/options/README.md`);
  }
}

/** Likewise of Alloy's own language. What is reckoned only when Alloy runs is of a type that is not known here. */
export function alloyProblems(source: string, options: { [name: string]: Options }): string[] {
  const blocks = readAlloy(source);
  return blocks.flatMap((block) => {
    const where = block.path.join(' > ') + (block.label ? ` "${block.label}"` : '');
    const own = blockOptions(block, options);
    if (own === 'any') return [];
    if (typeof own !== 'object' || Array.isArray(own)) return [`${where}: no such block`];
    const values = Object.entries(block.values).flatMap(([name, text]) => {
      const known = find(own, name, false);
      if (known === undefined) return [`${where}.${name}: no such attribute`];
      const value = literal(text);
      return value === undefined ? [] : optionProblems(value, known, {}, `${where}.${name}`);
    });
    const missing = requiredOf(own).filter((name) => !(name in block.values));
    return [...values, ...missing.map((name) => `${where}.${name}: missing`)];
  });
}

function blockOptions({ path }: AlloyBlock, options: { [name: string]: Options }): Options | undefined {
  let at: Options | undefined = options;
  for (const [depth, kind] of path.entries()) {
    if (at === 'any') return 'any';
    if (typeof at !== 'object' || Array.isArray(at)) return undefined;
    at = at[`${kind} {}`];
    // Said of the block around it already.
    if (at === undefined && depth < path.length - 1) return 'any';
  }
  return at;
}

/** What an expression is before Alloy runs: of objects the names, of lists what is literal in them. */
function literal(text: string): unknown {
  if (/^"(?:[^"\\]|\\.)*"$/.test(text)) return JSON.parse(text);
  if (/^`[^`]*`$/.test(text)) return text.slice(1, -1);
  if (/^\d[\d.]*$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  const list = /^\[(.*)\]$/.exec(text)?.[1];
  if (list !== undefined) return elements(list).map(literal);
  const object = /^\{(.*)\}$/.exec(text)?.[1];
  if (object === undefined) return undefined;
  const entries = elements(object).map((each) => /^"?([^"=\s]+)"?\s*=\s*(.*)$/.exec(each) ?? []);
  return Object.fromEntries(entries.map(([, name = '', value = '']) => [name, literal(value)]));
}

/** Between commas that are in no bracket and no string. */
function elements(text: string): string[] {
  const found = [''];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|[\s\S]/g)) {
    if ('[{('.includes(token)) depth += 1;
    if (']})'.includes(token)) depth -= 1;
    if (token === ',' && depth === 0) found.push('');
    else found[found.length - 1] += token;
  }
  return found.map((each) => each.trim()).filter((each) => each !== '');
}
