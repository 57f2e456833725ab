import { oneLine } from './plain-text.js';

const LONGEST = 60;
/** Anything that a mail program might turn into a link. */
const LINK_LIKE = /[/\\:@<>]|[.。．｡]\S/u;

/**
 * How a mail begins. A name that looks like a link is left out: whoever registers a stranger's address could
 * else make us send that stranger an advertisement.
 */
export function greeting(given: string): string {
  // As it will be read: a mark that nobody sees would hide a link from us.
  const name = oneLine(given);
  const usable = name.length <= LONGEST && !LINK_LIKE.test(name) && name.trim() !== '';
  return usable ? `Hello ${name.trim()},` : 'Hello,';
}
