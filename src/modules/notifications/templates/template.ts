import { Liquid, type Template as Parsed } from 'liquidjs';
import type { z } from 'zod';
import type { Money } from '../../../common/money.js';
import { moneyText } from '../domain/money-text.js';
import { oneLine } from '../domain/plain-text.js';

/** The text of a notification. `brief` is what fits into an SMS or a line on a screen. */
export interface Text {
  subject: string;
  body: string;
  brief: string;
}

export interface Template<V extends z.ZodType = z.ZodType> extends Text {
  /** What it must be given; checked where variables come from outside. */
  variables: V;
}

/** Every value goes through `oneLine`; a variable or filter that does not exist is an error, not a gap. */
const liquid = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  outputEscape: (value) => oneLine(value),
  // Without this it would look for partials in files.
  templates: {},
});
liquid.registerFilter('money', (value: Money) => moneyText(value));

/** Parses once; gives a function that renders. Throws on a mistake in the text, so at start-up. */
export function compile(template: Text): (variables: object) => Text {
  const subject = liquid.parse(template.subject);
  const body = liquid.parse(template.body);
  const brief = liquid.parse(template.brief);
  const render = (parsed: Parsed[], variables: object) => String(liquid.renderSync(parsed, variables)).trim();
  return (variables) => ({
    subject: oneLine(render(subject, variables), 200),
    body: `${render(body, variables)}\n`,
    brief: oneLine(render(brief, variables), 300),
  });
}
