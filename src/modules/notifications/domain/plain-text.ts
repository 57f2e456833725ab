/**
 * Makes a value from outside fit to stand within a line of plain text: no line breaks (in a subject they would
 * begin a header of their own), no other control characters, nothing that turns the reading direction.
 */
export function oneLine(value: unknown, max = 500): string {
  return String(value)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .slice(0, max)
    .toWellFormed();
}
