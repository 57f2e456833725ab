/** npm start: the whole of Waybill in this one process, built first where that is needed. */
const { buildIfStale } = require('./build.js');
const { onPinnedNode, requireInstalled } = require('./pinned-node.js');

async function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  await buildIfStale();
  process.env.NODE_ENV ??= 'development';
  // Here rather than in a child: signals and the exit code are then the application's own.
  require('../dist/main.js');
}

void main();
