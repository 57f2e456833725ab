/**
 * Runs a k6 script without k6: `setup`, the default function so many times one after the other, `teardown`, on what k6's
 * modules are in this folder. A line of JSON for each request, and one at the end. What it cannot show is load.
 */
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { missed, recorded } from './metrics.js';

const MODULES: Record<string, string> = {
  k6: 'k6.ts',
  'k6/http': 'http.ts',
  'k6/metrics': 'metrics.ts',
  'k6/execution': 'execution.ts',
};

interface Script {
  options: { scenarios: Record<string, unknown>; thresholds: Record<string, string[]> };
  setup(): unknown;
  default(data: unknown): void;
  teardown?(data: unknown): void;
}

registerHooks({
  resolve: (specifier, context, next) => {
    const file = MODULES[specifier];
    return file
      ? { url: pathToFileURL(join(__dirname, file)).href, shortCircuit: true }
      : next(specifier, context);
  },
});

async function main(file: string, iterations: number): Promise<void> {
  Object.assign(globalThis, { __ENV: process.env });
  const script = (await import(resolve(file))) as Script;
  // What k6 hands on from setup has been JSON in between.
  const data = JSON.parse(JSON.stringify(script.setup())) as unknown;
  for (let count = 0; count < iterations; count++) script.default(data);
  let complaint: string | null = null;
  try {
    script.teardown?.(data);
  } catch (error) {
    complaint = String(error);
  }
  const sums = [...recorded].map(([name, { values }]) => [
    name,
    values.reduce((sum, value) => sum + value, 0),
  ]);
  const result = {
    scenarios: script.options.scenarios,
    sums: Object.fromEntries(sums) as Record<string, number>,
    missed: missed(script.options.thresholds),
    complaint,
  };
  process.stdout.write(`${JSON.stringify({ result })}\n`);
  process.exit(0);
}

const [, , file = '', iterations = '1'] = process.argv;
void main(file, Number(iterations));
