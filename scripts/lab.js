/** npm run lab: the split system on this machine. Starting it builds first where that is needed; commands do not. */
const { join } = require('node:path');
const { buildIfStale } = require('./build.js');
const { onPinnedNode, requireInstalled, root } = require('./pinned-node.js');
const { runTypeScript } = require('./run-ts.js');

async function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  const words = process.argv.slice(2);
  if (words.length === 0) await buildIfStale();
  await runTypeScript(join(root, 'lab/main.ts'), words);
}

void main();
