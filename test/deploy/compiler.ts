import { join } from 'node:path';
import ts from 'typescript';
import { type KubeObject, nameOf } from './objects.js';

/** In no folder of its own, so that imports are found as from here. It is never written. */
const FILE = join(__dirname, 'manifests.virtual.ts');

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  exactOptionalPropertyTypes: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
};

/**
 * What Kubernetes or an operator would not understand. Each object is written as a literal of its type, and there the
 * compiler takes no field that the type does not have, no missing one, and no value that it may not have.
 */
export function schemaProblems(objects: readonly KubeObject[]): string[] {
  const lines = objects.map(({ apiVersion, kind, ...rest }, index) => {
    const type = `import(${JSON.stringify(moduleOf(apiVersion))}, { with: { 'resolution-mode': 'import' } }).I${kind}`;
    return `export const o${index}: ${type} = ${JSON.stringify({ apiVersion, kind, ...rest })};`;
  });
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists, readFile } = host;
  const source = lines.join('\n');
  host.fileExists = (path) => path === FILE || fileExists(path);
  host.readFile = (path) => (path === FILE ? source : readFile(path));
  host.getSourceFile = (path, ...options) =>
    path === FILE ? ts.createSourceFile(path, source, options[0]) : getSourceFile(path, ...options);
  const program = ts.createProgram([FILE], OPTIONS, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file?.fileName === FILE ? file.getLineAndCharacterOfPosition(start).line : -1;
    const object = objects[line];
    return `${object ? nameOf(object) : 'the types'}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

function moduleOf(apiVersion: string): string {
  const [group = ''] = apiVersion.split('/');
  if (group === 'monitoring.coreos.com') return `@kubernetes-models/prometheus-operator/${apiVersion}`;
  const builtIn = !group.includes('.') || group.endsWith('.k8s.io');
  return builtIn ? `kubernetes-models/${apiVersion}` : './custom-resources.js';
}
