import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const BARREL = '@mantine/core';
const IMPORTS = /import \{([^}]*)\} from ["']([^"']+)["'];?/g;

/**
 * Imports components from their own files. Through the package's index each page imports all that any page uses, so
 * that all of it would be loaded with the first page (rolldown 1.3).
 */
export function withoutBarrels(): Plugin {
  const index = fileURLToPath(import.meta.resolve(BARREL));
  const files = filesOf(index);
  return {
    name: 'without-barrels',
    apply: 'build',
    transform(code, id) {
      if (id.includes('/node_modules/') && !id.includes('/@mantine/')) return null;
      if (!code.includes(BARREL)) return null;
      return code.replace(IMPORTS, (whole, names: string, from: string) => {
        if (from !== BARREL) return whole;
        return namesIn(names)
          .map(([name, local]) => {
            const file = files.get(name);
            // One line for another: what is said of lines stays right.
            const [exported, path] = file ? [file.exported, file.path] : [name, BARREL];
            return `import { ${exported} as ${local} } from ${JSON.stringify(path)};`;
          })
          .join(' ');
      });
    },
  };
}

interface Origin {
  path: string;
  exported: string;
}

/** Where the index of a package has its names from. */
function filesOf(index: string): Map<string, Origin> {
  const code = readFileSync(index, 'utf8');
  const own = [...code.matchAll(IMPORTS)].filter(([, , from = '']) => from.startsWith('.'));
  const origins = own.flatMap(([, names = '', from = '']) =>
    namesIn(names).map(([exported, local]): [string, Origin] => [
      local,
      { path: join(dirname(index), from), exported },
    ]),
  );
  return new Map(origins);
}

/** `A, B as C` are A, and B called C. */
function namesIn(text: string): [string, string][] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => each.split(/ as /))
    .map(([name = '', local = name]) => [name, local]);
}
