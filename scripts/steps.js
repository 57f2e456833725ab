/** Runs the tools, quiet when all is well: a line for a step that passes, everything it said when it fails. */
const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { stripVTControlCharacters } = require('node:util');
const { root } = require('./pinned-node.js');

/** Specs beside the code that talk to a real RabbitMQ or Redis: seconds rather than milliseconds. */
const engines = /\/(?:rabbitmq|redis)\/|\/redis-/;

/** A package's command on this very Node: links in .bin would ask PATH for one, and are no scripts on Windows. */
const bin = (name, file) => [process.execPath, join(root, 'node_modules', name, file)];

const jest = bin('jest', 'bin/jest.js');
const linePerFile = ['--reporters=<rootDir>/scripts/jest-reporter.js', '--verbose=false'];
const nest = bin('@nestjs/cli', 'bin/nest.js');
const vite = bin('vite', 'bin/vite.js');

const format = { name: 'format', command: [...bin('@biomejs/biome', 'bin/biome'), 'format', '.'] };
const lint = { name: 'lint', command: bin('oxlint', 'bin/oxlint') };
const tsc = (project) => [...bin('typescript', 'bin/tsc'), '--noEmit', '-p', project];
const types = { name: 'types', command: tsc('.') };
/** k6 is no Node: other globals, other rules for imports. */
const k6Types = { name: 'types of k6', command: tsc('test/load/k6') };
/** Nor is a browser. */
const webTypes = { name: 'types of web', command: tsc('web') };

/** Runs a command in the project's root. Answers `{ ok, output }`, output being all it printed. */
function run([command, ...args]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code, signal) => {
      if (signal) output.push(Buffer.from(`ended by ${signal}\n`));
      const text = Buffer.concat(output).toString();
      resolve({ ok: code === 0, output: process.stdout.isTTY ? text : stripVTControlCharacters(text) });
    });
  });
}

/**
 * Runs steps `{ name, command }` or `{ name, work }` in the order given, two at a time. Answers the names of
 * those that failed.
 */
async function runSteps(steps) {
  const waiting = [...steps];
  const failed = [];
  const width = Math.max(...steps.map(({ name }) => name.length));
  const lane = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const started = Date.now();
      const { ok, output } = await (step.work ? step.work() : run(step.command));
      const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(6);
      console.log(`${ok ? '✓' : '✗'} ${step.name.padEnd(width)}${seconds} s`);
      if (ok) continue;
      failed.push(step.name);
      console.log(`\n${output.trimEnd()}\n`);
    }
  };
  await Promise.all([lane(), lane()]);
  return failed;
}

module.exports = {
  engines,
  format,
  jest,
  k6Types,
  linePerFile,
  lint,
  nest,
  run,
  runSteps,
  types,
  vite,
  webTypes,
};
