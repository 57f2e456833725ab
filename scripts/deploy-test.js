/** npm run test:deploy: VM 1 by its own compose file, for real (docs/deployment.md says what it needs and shows). */
const { join } = require('node:path');
const { onPinnedNode, requireInstalled, root } = require('./pinned-node.js');
const { runTypeScript } = require('./run-ts.js');

function main() {
  requireInstalled();
  if (onPinnedNode()) void runTypeScript(join(root, 'test/deploy/real-run.ts'), process.argv.slice(2));
}

main();
