/** Rows below their heads, in columns. Cut to `width` where that is known: the last column is the one to be long. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], width?: number): string {
  const all = [head, ...rows.map((row) => row.map(clean))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => (width !== undefined && line.length > width ? `${line.slice(0, width - 1)}…` : line))
    .join('\n');
}

/** One line, and nothing in it that a terminal would obey: what is shown may come from anywhere. */
export function clean(text: string): string {
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
}
