/**
 * npm test: builds, checks and runs every test. `npm test -- workflow` runs only the files whose path contains
 * a word given; what follows from the first argument with a dash is Jest's (`npm test -- orders -t cancels`).
 * The last line is `Tests: N passed, N failed`, where a failed check and a skipped test count as failed.
 */
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { build, walk } = require('./build.js');
const { onPinnedNode, requireInstalled, root } = require('./pinned-node.js');
const {
  engines,
  format,
  jest,
  k6Types,
  linePerFile,
  lint,
  runSteps,
  types,
  webTypes,
} = require('./steps.js');

/** In the order in which they run. The later ones start many processes; the last want the machine for themselves. */
const groups = [
  { name: 'unit', workers: 2 },
  // Much of it waits for servers: a third fills the gaps on two cores.
  { name: 'system', workers: 3 },
  { name: 'processes', workers: 2 },
  { name: 'chaos, load and equivalence', workers: 1 },
];

function groupOf(path) {
  if (/^test\/(?:chaos|load)\/|\/equivalence\./.test(path)) return 'chaos, load and equivalence';
  if (/^lab\/(?!services\/)|^test\/(?:split|workflow|observability|web)\/|^test\/deploy\/chaos/.test(path))
    return 'processes';
  return /^src\/|^test\/architecture\//.test(path) && !engines.test(path) ? 'unit' : 'system';
}

/** A run that gets stuck is a failure, not an endless wait: the longest file takes some four minutes on a slow machine. */
const stuckMs = 15 * 60_000;
/** For Jest to leave after the last test; a handle left open would keep it for ever. */
const graceMs = 20_000;

function specsMatching(words) {
  const specs = ['src', 'test', 'lab', 'bench']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => [...walk(folder)])
    .filter((path) => path.endsWith('.spec.ts') && !path.includes('/fixtures/'));
  return words.length === 0 ? specs : specs.filter((path) => words.some((word) => path.includes(word)));
}

/** Runs Jest once over the files given, its output going straight to ours; answers `{ passed, failed }`. */
function runGroup({ name, workers }, files, flags) {
  const [node, program] = jest;
  const lanes = workers === 1 ? '--runInBand' : `--maxWorkers=${workers}`;
  const args = [program, '--runTestsByPath', ...files, ...linePerFile, lanes, ...flags];
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let counts = { passed: 0, failed: 0, skipped: 0 };
    let done = false;
    let complaint;
    const stopLater = (ms, reason) =>
      setTimeout(() => {
        complaint = reason;
        child.kill('SIGKILL');
      }, ms);
    const whenStuck = () => stopLater(stuckMs, `no file has ended for ${stuckMs / 60_000} minutes`);
    let timer = whenStuck();
    child.on('message', (message) => {
      if (!message.counts) return;
      ({ counts, done } = message);
      clearTimeout(timer);
      timer = done
        ? stopLater(graceMs, 'a test left something open: find it with --detectOpenHandles')
        : whenStuck();
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      let failed = counts.failed + counts.skipped;
      if (!done) complaint ??= `Jest ended with ${signal ?? `code ${code}`} before all files had`;
      if (code !== 0 && failed === 0) complaint ??= `Jest ended with ${signal ?? `code ${code}`}`;
      if (complaint) {
        console.log(`✗ ${name} tests: ${complaint}`);
        failed += 1;
      }
      resolve({ passed: counts.passed, failed });
    });
  });
}

/**
 * Tests need RabbitMQ and Redis. Here, so that no test's time limit has to include an installation. A machine that
 * cannot have them runs the others; those that need them fail, and say what to install.
 */
async function installServices() {
  const program = join(root, 'test/run/install-services.ts');
  const child = spawn(process.execPath, [join(root, 'scripts/run-ts.js'), program], { stdio: 'inherit' });
  await once(child, 'exit');
}

async function testAll(words, flags) {
  const files = specsMatching(words);
  const buildStep = { name: 'build', work: build };
  // The walls are a test of the unit group; the build has looked at the types of src, but not at those of tests.
  const checks = words.length === 0 && flags.length === 0 ? [types, lint, format, k6Types, webTypes] : [];
  // An installation mostly waits for its archive: meanwhile there is time for the checks.
  const installed = files.length > 0 ? installServices() : undefined;
  const broken = await runSteps([buildStep, ...checks]);
  await installed;
  const sum = { passed: 0, failed: broken.length };
  if (broken.includes('build')) return sum;
  for (const group of groups) {
    const own = files.filter((path) => groupOf(path) === group.name);
    if (own.length === 0) continue;
    console.log(`\n${group.name}: ${own.length} ${own.length === 1 ? 'file' : 'files'}`);
    const { passed, failed } = await runGroup(group, own, flags);
    sum.passed += passed;
    sum.failed += failed;
  }
  if (sum.passed + sum.failed > 0) return sum;
  console.log('✗ no test matches');
  return { passed: 0, failed: 1 };
}

async function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  const args = process.argv.slice(2);
  const dash = args.findIndex((arg) => arg.startsWith('-'));
  const words = dash < 0 ? args : args.slice(0, dash);
  const { passed, failed } = await testAll(words, dash < 0 ? [] : args.slice(dash));
  console.log(`\nTests: ${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
