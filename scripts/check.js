/** npm run check: what must hold before a commit, in under a minute. */
const { onPinnedNode, requireInstalled } = require('./pinned-node.js');
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

/** The longest first, so that the short ones fill the gaps. */
const steps = [
  {
    name: 'unit tests',
    command: [
      ...jest,
      ...linePerFile,
      '--maxWorkers=2',
      '--testPathIgnorePatterns',
      engines.source,
      '--',
      '/src/',
    ],
  },
  types,
  lint,
  format,
  k6Types,
  webTypes,
  { name: 'boundaries', command: [...jest, ...linePerFile, '--runInBand', '/test/architecture/'] },
];

async function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  const failed = await runSteps(steps);
  if (failed.includes('format')) console.log('npm run format mends the formatting.');
  process.exitCode = failed.length === 0 ? 0 : 1;
}

void main();
