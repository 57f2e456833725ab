import { z } from 'zod';

/** One environment variable: how it is read, its default and what it is for. */
export interface Setting<T = unknown> {
  read: (raw: string | undefined) => T;
  default: string | undefined;
  description: string;
}

export function setting<S extends z.ZodType>(
  schema: S,
  fallback: string,
  description: string,
): Setting<z.output<S>>;
export function setting<S extends z.ZodType>(
  schema: S,
  fallback: undefined,
  description: string,
): Setting<z.output<S> | undefined>;
export function setting(schema: z.ZodType, fallback: string | undefined, description: string): Setting {
  return {
    default: fallback,
    description,
    read: (raw) => {
      // Compose and shells pass an unset variable as an empty one.
      const value = raw === undefined || raw === '' ? fallback : raw;
      if (value === undefined) return undefined;
      const result = schema.safeParse(value);
      if (!result.success) throw new Error(z.prettifyError(result.error).replace(/^✖ /, '').split('\n')[0]);
      return result.data;
    },
  };
}
