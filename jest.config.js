const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/**
 * Jest runs CommonJS, so packages that ship ESM (Nest 12 among them) are transformed as our own code is.
 * The list is read from what is installed: one kept by hand is wrong after the next `npm install`.
 */
function packagesInEsm() {
  const installed = JSON.parse(readFileSync(join(__dirname, 'node_modules/.package-lock.json'), 'utf8'));
  const isEsm = (path) => {
    try {
      return JSON.parse(readFileSync(join(__dirname, path, 'package.json'), 'utf8')).type === 'module';
    } catch {
      return false; // listed for another platform
    }
  };
  const names = Object.keys(installed.packages)
    .filter(isEsm)
    .map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  return [...new Set(names)].sort();
}

const escaped = packagesInEsm().map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
const inEsmPackage = `(?:.*/node_modules/)?(?:${escaped.join('|')})/`;

const ours = require('./scripts/swc-options.js');
const theirs = { isModule: 'unknown', jsc: { target: 'es2024' }, module: { type: 'commonjs' } };

/**
 * Unit tests lie beside the code; test/ holds those that need the whole system.
 * @type {import('jest').Config}
 */
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{src,test,lab,bench}/**/*.spec.ts'],
  // Cheap until a test asks for a broker: see test/services.ts.
  globalSetup: '<rootDir>/test/run/setup.ts',
  globalTeardown: '<rootDir>/test/run/teardown.ts',
  setupFiles: ['reflect-metadata'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '\\.ts$': ['@swc/jest', ours],
    [`/node_modules/${inEsmPackage}.+\\.m?js$`]: ['@swc/jest', theirs],
  },
  transformIgnorePatterns: [`/node_modules/(?!${inEsmPackage})`],
  modulePathIgnorePatterns: [
    '<rootDir>/dist/',
    '<rootDir>/\\.data/',
    '<rootDir>/test/architecture/fixtures/',
  ],
  watchman: false,
  // Twelve processes take their time to start on a small machine.
  testTimeout: 120_000,
};
