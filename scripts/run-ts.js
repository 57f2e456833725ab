/** Runs a program written in TypeScript as it stands: `node scripts/run-ts.js test/chaos/check.ts --help`. */
const { existsSync, readFileSync } = require('node:fs');
const module_ = require('node:module');
const { resolve } = require('node:path');
const { fileURLToPath, pathToFileURL } = require('node:url');
const { onPinnedNode, requireInstalled } = require('./pinned-node.js');

const options = { ...require('./swc-options.js'), sourceMaps: 'inline' };

function runTypeScript() {
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
  const [, , program, ...rest] = process.argv;
  process.argv = [process.execPath, resolve(program), ...rest];
  return import(pathToFileURL(resolve(program)).href);
}

requireInstalled();
if (onPinnedNode()) void runTypeScript();
