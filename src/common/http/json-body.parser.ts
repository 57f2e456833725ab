import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { RequestErrors } from '../errors/common.errors.js';

/** Deeper than any honest body; recursion over what passes is safe. */
const MAX_DEPTH = 32;

/** Reads JSON bodies only, in UTF-8 (RFC 8259). Refuses `__proto__` and `constructor.prototype` keys, and nesting without end. */
export function useJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer;
    // Decoded nonetheless, it would be kept with other characters in it than were sent.
    if (!isUtf8(bytes)) return done(RequestErrors.MALFORMED_JSON('The body is not UTF-8'));
    const text = bytes.toString('utf8');
    // An empty body is no body: routes that want one refuse it by their schema.
    if (text === '') return done(null, undefined);
    if (depthOf(text) > MAX_DEPTH)
      return done(RequestErrors.MALFORMED_JSON(`The body is nested more than ${MAX_DEPTH} deep`));
    void parse(request, text, (error, value) => {
      if (error) done(RequestErrors.MALFORMED_JSON());
      else done(null, value);
    });
  });
}

/** The deepest nesting of brackets outside strings, in one pass over the text. */
export function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < json.length; index++) {
    const char = json.charCodeAt(index);
    if (char === QUOTE) index = endOfString(json, index);
    else if (char === OPEN_BRACE || char === OPEN_BRACKET) deepest = Math.max(deepest, ++depth);
    else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) depth -= 1;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

function endOfString(json: string, start: number): number {
  let index = start + 1;
  while (index < json.length && json.charCodeAt(index) !== QUOTE) {
    index += json.charCodeAt(index) === BACKSLASH ? 2 : 1;
  }
  return index;
}
