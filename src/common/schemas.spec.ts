import type { z } from 'zod';
import { IdSchema, line, QuantitySchema, SkuSchema, TimeSchema, text } from './schemas.js';

const accepts = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;

describe('the shared schemas', () => {
  it('take text as it is written, line breaks included', () => {
    const written = ' Grüße,\n\tÖrs 👋 \u2028 <b>\'"; DROP TABLE--';
    expect(text(100).parse(written)).toBe(written);
  });

  it.each(['NUL \u0000', 'half a pair \ud83d', '\udc00'])(
    'refuse text that the database cannot keep: %j',
    (wrong) => {
      expect(accepts(text(100), wrong)).toBe(false);
      expect(accepts(line(100), wrong)).toBe(false);
    },
  );

  it('bound text on both sides', () => {
    expect([0, 1, 5, 6].map((length) => accepts(text(5, 1), 'x'.repeat(length)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect([0, 1, 5, 6].map((length) => accepts(line(5), 'x'.repeat(length)))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it.each(['a\nb', 'a\r\nBcc: x@y', 'a\tb', 'a\u001b[31mb', 'a\u007fb'])('refuse %j as one line', (wrong) => {
    expect(accepts(line(100), wrong)).toBe(false);
  });

  it('trim a line, so that none is empty to the eye', () => {
    expect(line(10).parse('  Ada \n')).toBe('Ada');
    expect(accepts(line(10), '   ')).toBe(false);
  });

  it.each(['A', 'MUG-001', 'A.B_C-1', 'X'.repeat(64)])('take the SKU %s', (sku) => {
    expect(accepts(SkuSchema, sku)).toBe(true);
  });

  it.each(['', 'mug-001', '-A', 'A-', '.', 'A B', 'A/B', 'A\n', 'Ä', 'X'.repeat(65), 5])(
    'refuse the SKU %j',
    (sku) => {
      expect(accepts(SkuSchema, sku)).toBe(false);
    },
  );

  it('take quantities of 1 to 10,000', () => {
    expect([1, 2, 10_000].every((quantity) => accepts(QuantitySchema, quantity))).toBe(true);
    for (const wrong of [0, -1, 1.5, 10_001, 1e9, 2 ** 53, Number.NaN, '1', null]) {
      expect(accepts(QuantitySchema, wrong)).toBe(false);
    }
  });

  it('take times in UTC only', () => {
    expect(accepts(TimeSchema, '2026-11-20T10:00:00.000Z')).toBe(true);
    for (const wrong of [
      '2026-11-20',
      '2026-11-20T10:00:00+01:00',
      '2026-13-20T10:00:00Z',
      'now',
      new Date(),
    ]) {
      expect(accepts(TimeSchema, wrong)).toBe(false);
    }
  });

  it('take UUIDs only', () => {
    expect(accepts(IdSchema, '0199c0de-0000-7000-8000-000000000001')).toBe(true);
    for (const wrong of ['1', '0199c0de-0000-7000-8000-00000000000', "' OR 1=1 --"]) {
      expect(accepts(IdSchema, wrong)).toBe(false);
    }
  });
});
