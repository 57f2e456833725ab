/** A block of Alloy's configuration language: `kind "label" { name = value … }`. */
export interface AlloyBlock {
  kind: string;
  label: string | null;
  /** Kind of the block that it stands in. */
  parent: string | null;
  /** Kinds of all that it stands in, from the outermost, and its own. */
  path: string[];
  /** As they are written, on one line. */
  values: Record<string, string>;
}

interface Token {
  text: string;
  line: number;
}

const TOKEN =
  /(?<skip>[ \t\r]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`|[A-Za-z_][\w.]*|\d[\d.]*|[{}[\]()=,+*/<>!&|-]|\n)/y;
const OPENED_BY: Record<string, string> = { '}': '{', ']': '[', ')': '(' };

/**
 * Reads all blocks, inner ones after the ones around them. It knows the form of the language, not what a component
 * takes.
 *
 * @throws with the line when a string, a bracket or a statement is not complete
 */
export function readAlloy(source: string): AlloyBlock[] {
  const tokens = tokensOf(source);
  const blocks: AlloyBlock[] = [];
  let at = 0;

  const peek = (): Token => tokens[at] ?? { text: '', line: tokens.at(-1)?.line ?? 1 };
  const fail = (what: string): never => {
    throw new Error(`Alloy, line ${peek().line}: ${what}, not ${JSON.stringify(peek().text)}`);
  };
  const take = (what: string, fits: (text: string) => boolean): string => {
    if (!fits(peek().text)) fail(what);
    return tokens[at++]?.text ?? '';
  };

  /** To the end of its line, or of the brackets that are open there. */
  const value = (): string => {
    const open: string[] = [];
    const parts: string[] = [];
    while (peek().text !== '' && (open.length > 0 || !['\n', '}'].includes(peek().text))) {
      const { text } = peek();
      if (['{', '[', '('].includes(text)) open.push(text);
      if (text in OPENED_BY && open.pop() !== OPENED_BY[text]) fail('the bracket that was opened last');
      if (text !== '\n') parts.push(text);
      at += 1;
    }
    if (open.length > 0) fail(`the end of ${open.at(-1)}`);
    if (parts.length === 0) fail('a value');
    return parts
      .join(' ')
      .replaceAll(/ ?([[\]()]) ?/g, '$1')
      .replaceAll(' ,', ',');
  };

  const statements = (block: AlloyBlock | null): void => {
    for (;;) {
      while (peek().text === '\n') at += 1;
      if (peek().text === (block ? '}' : '')) return;
      const kind = take('a name', (text) => /^[A-Za-z_]/.test(text));
      if (block && peek().text === '=') {
        at += 1;
        block.values[kind] = value();
        continue;
      }
      const label = peek().text.startsWith('"') ? take('a label', () => true).slice(1, -1) : null;
      take('{', (text) => text === '{');
      const inner = {
        kind,
        label,
        parent: block?.kind ?? null,
        path: [...(block?.path ?? []), kind],
        values: {},
      };
      blocks.push(inner);
      statements(inner);
      take('}', (text) => text === '}');
    }
  };

  statements(null);
  return blocks;
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let line = 1;
  while (TOKEN.lastIndex < source.length) {
    const start = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (!match)
      throw new Error(`Alloy, line ${line}: not understood from ${source.slice(start, start + 20)}`);
    if (match.groups?.['text'] !== undefined) tokens.push({ text: match[0], line });
    line += match[0].split('\n').length - 1;
  }
  return tokens;
}
