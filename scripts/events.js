/** npm run events: looks into the events of a running Waybill, replays them, retries dead letters. */
const { join } = require('node:path');
const { onPinnedNode, requireInstalled, root } = require('./pinned-node.js');
const { runTypeScript } = require('./run-ts.js');

function main() {
  requireInstalled();
  if (onPinnedNode()) void runTypeScript(join(root, 'src/events-cli/main.ts'), process.argv.slice(2));
}

main();
