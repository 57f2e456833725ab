import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type QueryType } from './grammars.js';

const DOCS = join(__dirname, '../../docs');

interface Quoted {
  where: string;
  type: QueryType;
  query: string;
}

const LANGUAGES: Readonly<Record<string, QueryType>> = {
  promql: 'prometheus',
  logql: 'loki',
  traceql: 'tempo',
};

/** In blocks that name their language, a query a line; in running text, told by how it begins. */
function queriesIn(where: string): Quoted[] {
  const text = readFileSync(join(DOCS, where), 'utf8');
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].flatMap(([, language = '', code = '']) => {
    const type = LANGUAGES[language];
    const lines = code.split('\n').filter((line) => line.trim() !== '');
    return type ? lines.map((query) => ({ where, type, query })) : [];
  });
  const running = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  const quoted = [...running.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => {
    const query = code.replaceAll('\\|', '|').trim();
    const type = typeOf(query);
    return type ? [{ where, type, query }] : [];
  });
  return [...blocks, ...quoted];
}

function typeOf(query: string): QueryType | null {
  if (/^\{\s*(?:service|level)\s*[=!]/.test(query)) return 'loki';
  if (query.startsWith('{ ')) return 'tempo';
  return /^\(?(?:sum|max|min|avg|count|topk|bottomk|histogram_quantile|rate|increase|absent)\b.*\(/.test(
    query,
  )
    ? 'prometheus'
    : null;
}

describe('queries in the documentation', () => {
  const queries = ['observability.md', ...globSync('runbooks/*.md', { cwd: DOCS })].flatMap(queriesIn);

  it('are of all three languages', () => {
    const counts = Object.fromEntries(
      (['prometheus', 'loki', 'tempo'] as const).map((type) => [
        type,
        queries.filter((each) => each.type === type).length > 3,
      ]),
    );
    expect(counts).toEqual({ prometheus: true, loki: true, tempo: true });
  });

  it('can be parsed', () => {
    const wrong = queries.flatMap(({ where, type, query }) => {
      try {
        parse(type, query);
        return [];
      } catch (error) {
        return [`${where}: ${query}: ${(error as Error).message}`];
      }
    });
    expect(wrong).toEqual([]);
  });
});
