import { greeting } from '../domain/greeting.js';
import { KINDS, type Kind } from '../domain/kinds.js';
import { TEMPLATES, type VariablesOf } from './catalogue.js';
import { compile, type Text } from './template.js';

/** What is to be said: a template and what it needs. */
export type Message = { [K in Kind]: { kind: K; variables: VariablesOf<K> } }[Kind];

const renderers = new Map(KINDS.map((kind) => [kind, compile(TEMPLATES[kind])]));

/** The text of a message to a person of that name. Values come out as they are: it is plain text, never HTML. */
export function render(message: Message, name: string): Text {
  const renderer = renderers.get(message.kind);
  if (!renderer) throw new Error(`There is no template ${String(message.kind)}`);
  return renderer({ ...message.variables, greeting: greeting(name) });
}
