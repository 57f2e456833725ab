/**
 * A line for each test file as it ends, and all about a failing one. Jest's own reporter ends with a summary
 * for each run; scripts/test.js makes several runs and has one to print, from the counts sent here.
 */
const { relative } = require('node:path');

/** A skipped test counts as failed: it says green and proves nothing. */
function countsOf({
  numPassedTests,
  numFailedTests,
  numPendingTests,
  numTodoTests,
  numRuntimeErrorTestSuites,
}) {
  return {
    passed: numPassedTests,
    failed: numFailedTests + numRuntimeErrorTestSuites,
    skipped: numPendingTests + numTodoTests,
  };
}

class LineReporter {
  constructor(globalConfig) {
    this.root = globalConfig.rootDir;
    this.allowsSkipped = Boolean(globalConfig.testNamePattern);
  }

  onTestFileResult(test, result, results) {
    this.tell(results, false);
    const skipped = result.testResults.filter(({ status }) => status !== 'passed' && status !== 'failed');
    const untested = this.allowsSkipped ? [] : skipped;
    const failed = Boolean(result.failureMessage) || untested.length > 0;
    const seconds = ((result.perfStats.runtime ?? 0) / 1000).toFixed(1);
    const tests = `${result.numPassingTests} of ${result.testResults.length - skipped.length + untested.length}`;
    console.log(`${failed ? '✗' : '✓'} ${relative(this.root, test.path)}  ${tests}  ${seconds} s`);
    if (!failed) return;
    if (result.failureMessage) console.log(`\n${result.failureMessage}`);
    for (const { fullName } of untested) console.log(`  skipped, which counts as failed: ${fullName}`);
    for (const { type, message, origin } of result.console ?? []) {
      console.log(`  console.${type} ${message}\n${origin.split('\n', 1)[0]}`);
    }
  }

  onRunComplete(_contexts, results) {
    this.skipped = this.tell(results, true).skipped;
  }

  /** Tells the counts so far to whoever started this run. */
  tell(results, done) {
    const counts = countsOf(results);
    if (this.allowsSkipped) counts.skipped = 0;
    process.send?.({ counts, done });
    return counts;
  }

  getLastError() {
    return this.skipped ? new Error(`${this.skipped} skipped`) : undefined;
  }
}

module.exports = LineReporter;
