import fc from 'fast-check';

/** Texts that have broken something somewhere. */
export const ODD_TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfff',
  '\r\nX-Injected: yes',
  '\u202eright to left',
  '\ufeff',
  '🧺'.repeat(40),
  'é\u0301\u0302\u0303',
  "'; DROP TABLE orders; --",
  "' OR '1'='1",
  '%00%0a%',
  '\\x00 \\u0000',
  '<script>alert(1)</script>',
  '{{ 7 | times: 6 }}',
  '${7*6}',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-1',
  '1e400',
  'true',
  '../../etc/passwd',
  'x'.repeat(201),
  'x'.repeat(10_001),
];

export const ODD_NUMBERS = [
  0,
  -0,
  -1,
  1,
  1.5,
  0.1 + 0.2,
  100,
  101,
  10_000,
  10_001,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e12,
  1e12 + 1,
  1e300,
  5e-324,
];

/** Times at the edges of what RFC 3339, JavaScript and PostgreSQL each can say. */
export const ODD_TIMES = [
  '2026-11-20T10:00:00Z',
  '2026-11-20T10:00:00.123456Z',
  '2026-11-20T10:00:00+23:59',
  '2026-11-20T10:00:00-16:00',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '0001-01-01T00:00:00+10:00',
  '9999-12-31T23:59:59Z',
  '9999-12-31T23:59:59-10:00',
  '2026-02-30T00:00:00Z',
  '2026-11-20T24:00:00Z',
  '2026-11-20T23:59:60Z',
  '2026-11-20',
  'now',
  'infinity',
];

export const oddText = fc.oneof(fc.constantFrom(...ODD_TEXTS), fc.string({ unit: 'binary', maxLength: 40 }));

/** Anything that JSON can say, with a liking for what is unexpected. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom<unknown>(...ODD_NUMBERS),
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    [],
    {},
    [[]],
    [null],
    { length: 1 },
    { toString: 'x' },
    { $ne: null },
  ),
  fc.jsonValue({ maxDepth: 3 }),
);
