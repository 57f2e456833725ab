import { z } from 'zod';
import { RequestErrors } from '../errors/common.errors.js';
import { text } from '../schemas.js';

/** The query of every list: `limit` and the opaque `cursor` of the page before. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .max(500)
    .regex(/^[\w-]+$/, 'must be a cursor from an earlier page')
    .optional(),
});

export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), nextCursor: z.string().nullable() });
}

/** A cursor holds the sort values of a page's last row. Opaque to callers, checked when it comes back. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

const CursorValues = z.array(z.union([text(400), z.number()]));

/** Throws REQUEST.INVALID_CURSOR when it is not one of ours; what comes out may go into a statement. */
export function decodeCursor<T extends z.ZodType>(cursor: string, shape: T): z.output<T> {
  try {
    return shape.parse(CursorValues.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))));
  } catch {
    throw RequestErrors.INVALID_CURSOR();
  }
}

/** Makes a page of rows that were fetched with one more than the limit. */
export function toPage<R, T>(
  rows: readonly R[],
  limit: number,
  cursorOf: (row: R) => readonly (string | number)[],
  map: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null;
  return { data: shown.map(map), nextCursor };
}
