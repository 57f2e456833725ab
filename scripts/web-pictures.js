/** npm run web:pictures: takes the pictures of the web page that the README shows. */
const { join } = require('node:path');
const { buildIfStale } = require('./build.js');
const { onPinnedNode, requireInstalled, root } = require('./pinned-node.js');
const { runTypeScript } = require('./run-ts.js');

async function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  await buildIfStale();
  await runTypeScript(join(root, 'test/web/pictures.ts'), []);
}

void main();
