import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const environment =
  /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\[['"`]env|\benv\b[^;]*\bfrom ['"](?:node:)?process['"]/;
/** Specs hand theirs on to processes that they start. */
const mayRead = /^src\/(?:common\/config\/|mock-gateway\/main\.ts$)|\.spec\.ts$/;

const withoutComments = (source: string) => source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
const readsEnvironment = (source: string) => environment.test(withoutComments(source));

describe('the environment', () => {
  it('is read by src/common/config and the mock gateway only', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .map((path) => `src/${path}`)
      .filter((path) => path.endsWith('.ts') && !mayRead.test(path));
    expect(sources.length).toBeGreaterThan(10);
    expect(sources.filter((path) => readsEnvironment(readFileSync(join(root, path), 'utf8')))).toEqual([]);
  });

  it.each([
    'const url = process.env.DATABASE_URL;',
    "const { PORT } = process['env'];",
    "import { env } from 'node:process';",
    'const port = process?.env?.PORT;',
  ])('is seen to be read in: %s', (source) => {
    expect(readsEnvironment(source)).toBe(true);
  });

  it.each(['// process.env is read in config', '/** Not process.env. */', 'const env = loadConfig();'])(
    'is seen not to be read in: %s',
    (source) => {
      expect(readsEnvironment(source)).toBe(false);
    },
  );
});
