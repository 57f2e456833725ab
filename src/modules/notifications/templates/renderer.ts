import { greeting } from '../domain/greeting.js';
import type { Kind } from '../domain/kinds.js';
import { oneLine } from '../domain/plain-text.js';
import { TEMPLATES, type VariablesOf } from './catalogue.js';
import type { Template, Text } from './template.js';

/** What is to be said: a template and what it needs. */
export type Message = { [K in Kind]: { kind: K; variables: VariablesOf<K> } }[Kind];

const SIGNATURE = `Yours,
Waybill`;

/** The text of a message to a person of that name. Values come out as they are: it is plain text, never HTML. */
export function render({ kind, variables }: Message, name: string): Text {
  const { text }: Template = TEMPLATES[kind];
  const { subject, body, brief } = text(inOneLine(variables));
  return {
    subject: oneLine(subject, 200),
    body: `${greeting(name)}\n\n${body}\n\n${SIGNATURE}\n`,
    brief: oneLine(brief, 300),
  };
}

/** Every text in it goes through `oneLine`, so that no template has to remember. */
function inOneLine(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value);
  if (Array.isArray(value)) return value.map(inOneLine);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inOneLine(each)]));
}
