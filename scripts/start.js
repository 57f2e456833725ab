/** npm start: the whole of Waybill in this one process, built first where that is needed. */
const { build, everBuilt, isBuilt } = require('./build.js');
const { onPinnedNode, requireInstalled } = require('./pinned-node.js');

async function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  if (!isBuilt()) {
    console.log(everBuilt() ? 'Building (the sources have changed)…' : 'Building (first start)…');
    const { ok, output } = await build();
    if (!ok) {
      console.error(`${output.trimEnd()}\nThe build failed, so nothing was started.`);
      process.exit(1);
    }
  }
  process.env.NODE_ENV ??= 'development';
  // Here rather than in a child: signals and the exit code are then the application's own.
  require('../dist/main.js');
}

void main();
