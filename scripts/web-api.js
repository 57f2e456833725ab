/** npm run web:api: writes the types of the API, from its OpenAPI document, for the web page. */
const { join } = require('node:path');
const { buildIfStale } = require('./build.js');
const { onPinnedNode, requireInstalled, root } = require('./pinned-node.js');
const { runTypeScript } = require('./run-ts.js');

async function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  await buildIfStale();
  await runTypeScript(join(root, 'test/web/write-api-types.ts'), []);
}

void main();
