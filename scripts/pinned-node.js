/** Asks for the dependencies and the right Node. Itself runs on old ones, so nothing new in here. */
const { spawn } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');

/** Ends the process with a message when the dependencies are not there. */
function requireInstalled() {
  if (existsSync(join(root, 'node_modules/.package-lock.json'))) return;
  console.error('The dependencies are not installed: run npm ci first.');
  process.exit(1);
}

/**
 * Answers true when this Node is new enough. Otherwise runs the same command again on the Node pinned in
 * package.json, passing signals and the exit code through, or says what is missing where there is none.
 */
function onPinnedNode() {
  const wanted = Number(readFileSync(join(root, '.nvmrc'), 'utf8'));
  if (Number.parseInt(process.versions.node, 10) >= wanted) return true;
  const pinned = join(root, 'node_modules/.bin/node');
  if (!existsSync(pinned)) {
    console.error(`Waybill needs Node ${wanted} or later; this is ${process.version} (${process.execPath}).`);
    process.exit(1);
  }
  const child = spawn(pinned, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code === null ? 1 : code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  return false;
}

module.exports = { onPinnedNode, requireInstalled, root };
