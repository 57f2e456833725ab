/** Runs a program written in TypeScript as it stands: `node scripts/run-ts.js test/chaos/check.ts --help`. */
const { existsSync, readFileSync } = require('node:fs');
const module_ = require('node:module');
const { resolve } = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');
const { onPinnedNode, requireInstalled } = require('./pinned-node.js');

const options = { ...require('./swc-options.js'), sourceMaps: 'inline' };

/** Runs a program on this Node, with the arguments given. */
function runTypeScript(program, args) {
  const { transformSync } = require('@swc/core');
  module_.registerHooks({
    resolve: (specifier, context, next) => {
      if (!/^\.{1,2}\/.*\.js$/.test(specifier) || !context.parentURL) return next(specifier, context);
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      return existsSync(fileURLToPath(source))
        ? { url: source.href, shortCircuit: true }
        : next(specifier, context);
    },
    load: (url, context, next) => {
      if (!url.endsWith('.ts')) return next(url, context);
      const filename = fileURLToPath(url);
      const { code } = transformSync(readFileSync(filename, 'utf8'), { ...options, filename });
      return { format: 'commonjs', source: code, shortCircuit: true };
    },
  });
  process.argv = [process.execPath, resolve(program), ...args];
  return import(pathToFileURL(resolve(program)).href);
}

function main() {
  requireInstalled();
  const [, , program, ...args] = process.argv;
  if (onPinnedNode()) void runTypeScript(program, args);
}

module.exports = { runTypeScript };
if (require.main === module) main();
