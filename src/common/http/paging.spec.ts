import { z } from 'zod';
import { DomainError } from '../errors/domain-error.js';
import { decodeCursor, encodeCursor, PageQuery, toPage } from './paging.js';

const Cursor = z.tuple([z.string(), z.int()]);
const forged = (content: string) => Buffer.from(content).toString('base64url');
const codeOf = (cursor: string) => {
  try {
    return decodeCursor(cursor, Cursor);
  } catch (error) {
    return error instanceof DomainError ? error.code : error;
  }
};

describe('paging', () => {
  it('asks for 20 when nothing is said, and for at most 100', () => {
    expect(PageQuery.parse({})).toEqual({ limit: 20 });
    expect(PageQuery.parse({ limit: '100' }).limit).toBe(100);
    for (const limit of ['0', '101', '-1', '1.5', 'x', '1e9', '']) {
      expect(PageQuery.safeParse({ limit }).success).toBe(false);
    }
  });

  it('knows no other field, and no cursor that cannot be one', () => {
    expect(PageQuery.safeParse({ offset: '5' }).success).toBe(false);
    for (const cursor of ['', 'a b', 'a/b', 'a=', 'x'.repeat(501)]) {
      expect(PageQuery.safeParse({ cursor }).success).toBe(false);
    }
  });

  it.each([
    ['MUG-001', 5],
    ['Ärger 👋', -1],
    ['', 0],
  ])('brings the cursor of %j, %i back', (...values) => {
    const cursor = encodeCursor(values);
    expect(PageQuery.parse({ cursor }).cursor).toBe(cursor);
    expect(decodeCursor(cursor, Cursor)).toEqual(values);
  });

  it.each([
    'nonsense',
    forged('{"a":1}'),
    forged('[]'),
    forged('["a"]'),
    forged('["a","5"]'),
    forged('["a",5,6]'),
    forged('["a",1.5]'),
    forged('["NUL \\u0000",5]'),
    forged('["half a pair \\ud83d",5]'),
    forged('[{"__proto__":1},5]'),
    forged('["a",5'),
    forged('null'),
  ])('refuses the forged cursor %s', (cursor) => {
    expect(codeOf(cursor)).toBe('REQUEST.INVALID_CURSOR');
  });

  it('makes a page of what was asked for, and a cursor only when there is more', () => {
    const page = (rows: number[], limit: number) =>
      toPage(
        rows,
        limit,
        (row) => ['n', row],
        (row) => `row ${row}`,
      );
    expect(page([1, 2, 3], 2)).toEqual({ data: ['row 1', 'row 2'], nextCursor: encodeCursor(['n', 2]) });
    expect(page([1, 2], 2)).toEqual({ data: ['row 1', 'row 2'], nextCursor: null });
    expect(page([], 2)).toEqual({ data: [], nextCursor: null });
  });
});
