/** One matcher of a rule, such as Path(`/ws`). */
export interface Matcher {
  kind: string;
  value: string;
  /** Whether it holds where the matcher does not. */
  not?: boolean;
}

/** What is true of a request when one of these lists is, all of it. */
export type Rule = Matcher[][];

const TOKEN = /\s*(?:(?<word>[A-Z]\w*)\(`(?<value>[^`]*)`\)|(?<sign>&&|\|\||\(|\)|!))/y;
const KINDS = new Set(['Method', 'Path', 'PathPrefix', 'PathRegexp', 'Host']);

/** Reads a rule of Traefik 3. @throws on what this project does not use */
export function readRule(source: string): Rule {
  const tokens: (Matcher | string)[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.trimEnd().length) {
    const { groups } = TOKEN.exec(source) ?? {};
    if (!groups) throw new Error(`Not understood: ${source}`);
    const { word, value = '', sign = '' } = groups;
    if (word !== undefined && !KINDS.has(word)) throw new Error(`No matcher is called ${word}: ${source}`);
    tokens.push(word === undefined ? sign : { kind: word, value });
  }
  const rule = either(tokens);
  if (tokens.length > 0) throw new Error(`Not understood after a complete rule: ${source}`);
  return rule;
}

function either(tokens: (Matcher | string)[]): Rule {
  let rule = both(tokens);
  while (tokens[0] === '||') {
    tokens.shift();
    rule = [...rule, ...both(tokens)];
  }
  return rule;
}

function both(tokens: (Matcher | string)[]): Rule {
  let rule = single(tokens);
  while (tokens[0] === '&&') {
    tokens.shift();
    const right = single(tokens);
    rule = rule.flatMap((left) => right.map((each) => [...left, ...each]));
  }
  return rule;
}

function single(tokens: (Matcher | string)[]): Rule {
  const token = tokens.shift();
  if (typeof token === 'object') return [[token]];
  if (token === '!') return [[negated(tokens.shift())]];
  if (token !== '(') throw new Error(`A matcher was expected, not ${token ?? 'the end'}`);
  const inner = either(tokens);
  if (tokens.shift() !== ')') throw new Error('A bracket is not closed');
  return inner;
}

/** Only of a single matcher: of more than one this project has no need. */
function negated(token: Matcher | string | undefined): Matcher {
  if (typeof token !== 'object') throw new Error(`A matcher was expected after !, not ${token ?? 'the end'}`);
  return { ...token, not: true };
}

export function matches(rule: Rule, request: { method: string; path: string }): boolean {
  return rule.some((all) => all.every((each) => holds(each, request) !== (each.not ?? false)));
}

function holds({ kind, value }: Matcher, { method, path }: { method: string; path: string }): boolean {
  if (kind === 'Method') return method === value;
  if (kind === 'Path') return path === value;
  if (kind === 'PathPrefix') return path.startsWith(value);
  return kind === 'PathRegexp' && new RegExp(value).test(path);
}
