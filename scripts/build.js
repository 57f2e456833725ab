/** npm run build: brings dist/ up to date with src/, incrementally, and dist/web with web/. */
const { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { onPinnedNode, requireInstalled, root } = require('./pinned-node.js');
const { nest, run, vite } = require('./steps.js');

/** Left after a build that worked, with the time at which it began. */
const stamp = join(root, 'dist/.built');

/** Everything below a folder, folders included, as paths from the root. */
function* walk(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    yield path;
    if (entry.isDirectory()) yield* walk(path);
  }
}

/** Whether a build has ever been made here. */
const everBuilt = () => existsSync(stamp);

/** Whether dist/ is as new as all it is made from. A folder's own time tells of deleted files. */
function isBuilt() {
  if (!everBuilt() || !existsSync(join(root, 'dist/main.js'))) return false;
  const built = statSync(stamp).mtimeMs;
  const isNewer = (path) => statSync(join(root, path)).mtimeMs > built;
  const settings = [
    'nest-cli.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'node_modules/.package-lock.json',
  ];
  return !settings.some(isNewer) && !['src', ...walk('src')].some(isNewer) && isWebBuilt();
}

/** Whether the web page is as new as all it is made from. Its build is not incremental, so it is left out then. */
function isWebBuilt() {
  const page = join(root, 'dist/web/index.html');
  if (!existsSync(page)) return false;
  const built = statSync(page).mtimeMs;
  const isNewer = (path) => statSync(join(root, path)).mtimeMs > built;
  return !['node_modules/.package-lock.json', 'web', ...walk('web')].some(isNewer);
}

/**
 * Starts afresh where dist/ and what the compiler remembers of it disagree: what is left of a deleted source
 * would still be found by code that lists a folder, and a deleted output would not be written again.
 */
function dropAskew() {
  if (!existsSync(join(root, 'dist'))) return;
  const sourceOf = (path) => join(root, path.replace(/^dist/, 'src').replace(/\.js$/, '.ts'));
  const isOrphan = (path) =>
    path.endsWith('.js') && !path.startsWith('dist/web/') && !existsSync(sourceOf(path));
  if (existsSync(join(root, 'dist/main.js')) && ![...walk('dist')].some(isOrphan)) return;
  rmSync(join(root, 'dist'), { recursive: true });
}

/** Builds; answers `{ ok, output }`. */
async function build() {
  dropAskew();
  const began = new Date();
  const isPageNew = isWebBuilt();
  const page = isPageNew ? { ok: true } : run([...vite, 'build', 'web', '--logLevel', 'warn']);
  const results = await Promise.all([run([...nest, 'build']), page]);
  const failed = results.find(({ ok }) => !ok);
  if (failed) return failed;
  if (!isPageNew) utimesSync(join(root, 'dist/web/index.html'), began, began);
  const [result] = results;
  writeFileSync(stamp, '');
  utimesSync(stamp, began, began);
  return result;
}

/** Builds for those who start what is built, where that is needed. Ends the process when the build fails. */
async function buildIfStale() {
  if (isBuilt()) return;
  console.log(everBuilt() ? 'Building (the sources have changed)…' : 'Building (first start)…');
  const { ok, output } = await build();
  if (ok) return;
  console.error(`${output.trimEnd()}\nThe build failed, so nothing was started.`);
  process.exit(1);
}

async function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  const { ok, output } = await build();
  if (!ok) console.error(output.trimEnd());
  process.exitCode = ok ? 0 : 1;
}

module.exports = { build, buildIfStale, walk };
if (require.main === module) void main();
