import type { z } from 'zod';

/** The text of a notification. `brief` is what fits into an SMS or a line on a screen. */
export interface Text {
  subject: string;
  body: string;
  brief: string;
}

export interface Template<V extends z.ZodType = z.ZodType> {
  /** What it must be given; checked where variables come from outside. */
  variables: V;
  /** `body` without greeting and signature. No text among the variables holds a line break. */
  text: (variables: z.output<V>) => Text;
}

/** A template, whose text the compiler checks against its variables. */
export function template<V extends z.ZodType>(
  variables: V,
  text: (variables: z.output<V>) => Text,
): Template<V> {
  return { variables, text };
}
