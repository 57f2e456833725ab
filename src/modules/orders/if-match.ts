import { OrderErrors } from './orders.errors.js';

const VERSION = /^(?:W\/)?"?([1-9][0-9]{0,8})"?$/;

/** The version in an If-Match header: `"3"`. Null when any will do (no header, or `*`). */
export function parseIfMatch(header: string | undefined): number | null {
  if (header === undefined || header.trim() === '*') return null;
  const version = VERSION.exec(header.trim())?.[1];
  if (version === undefined) throw OrderErrors.INVALID_IF_MATCH();
  return Number(version);
}
