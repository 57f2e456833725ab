/** npm run bench: how many orders a second, beside bare SQL. Measures what is built, so it builds first if need be. */
const { join } = require('node:path');
const { buildIfStale } = require('./build.js');
const { onPinnedNode, requireInstalled, root } = require('./pinned-node.js');
const { runTypeScript } = require('./run-ts.js');

async function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  const words = process.argv.slice(2);
  if (!words.includes('--help') && !words.includes('-h')) await buildIfStale();
  await runTypeScript(join(root, 'bench/main.ts'), words);
}

void main();
