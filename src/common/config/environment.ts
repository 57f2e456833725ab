/** The process's environment, for those who make its configuration. */
export function environment(): Record<string, string | undefined> {
  return process.env;
}
