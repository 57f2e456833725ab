import { z } from 'zod';

/** What PostgreSQL cannot keep (NUL) or would change without a word (lone surrogates). */
function storable(value: string): boolean {
  return !value.includes('\u0000') && value.isWellFormed();
}

/** Said as people would, since the page shows it beside the field. */
function lengths(schema: z.ZodString, max: number, min: number): z.ZodString {
  const tooShort = min === 1 ? 'must not be empty' : `must have at least ${min} characters`;
  return schema.min(min, tooShort).max(max, `must have at most ${max} characters`);
}

/** Text from outside: bounded, and nothing in it that a database or a log line would choke on. */
export function text(max: number, min = 0) {
  return lengths(z.string(), max, min).refine(storable, 'must be well-formed text without NUL characters');
}

/** One line of text: no control characters at all, so that it can go into a header, a subject or a log line. */
export function line(max: number, min = 1) {
  return (
    lengths(z.string().trim(), max, min)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
      .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/, 'must be one line without control characters')
      .refine(storable, 'must be well-formed text')
  );
}

export const IdSchema = z.uuid().meta({ example: '0199c0de-0000-7000-8000-000000000001' });

/** RFC 3339 in UTC. */
export const TimeSchema = z.iso.datetime().meta({ example: '2026-11-20T10:00:00.000Z' });

/**
 * A moment from outside, in any offset. What PostgreSQL cannot read is refused: the year 0, offsets beyond its own
 * (no place on earth has them), and fractions of a second without end.
 */
export const InstantSchema = z.iso
  .datetime({ offset: true })
  .max(40)
  .refine(
    (time) => !time.startsWith('0000') && !/[+-](?:1[5-9]|2\d):\d\d$/.test(time),
    'must be a time that a calendar has',
  )
  .meta({ example: '2026-11-20T10:00:00Z' });

export const SkuSchema = z
  .string()
  .regex(/^[A-Z0-9](?:[A-Z0-9._-]{0,62}[A-Z0-9])?$/, 'must be 1 to 64 of A-Z, 0-9, dot, dash and underscore')
  .meta({ example: 'MUG-001' });

/** How many of one thing; a bound far above any honest order keeps sums exact. */
export const QuantitySchema = z.int().min(1).max(10_000).meta({ example: 2 });

/** W3C trace id: 32 hex digits. */
export const TraceIdSchema = z.string().meta({ example: '4bf92f3577b34da6a3ce929d0e0e4736' });
