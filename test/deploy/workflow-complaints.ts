/**
 * Reads a GitHub workflow from standard input and prints what GitHub's own parser complains of, as a JSON list. A
 * program of its own: the parser is written for bundlers, and only hooks get it into Node.
 */
import { registerHooks } from 'node:module';
import { text } from 'node:stream/consumers';

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith('@actions/')
      ? next(specifier, { ...context, conditions: [...context.conditions, 'import'] })
      : next(specifier, context),
  load: (url, context, next) =>
    url.endsWith('.json')
      ? next(url, { ...context, importAttributes: { type: 'json' } })
      : next(url, context),
});

async function main(): Promise<void> {
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
    '@actions/workflow-parser'
  );
  const file = { name: '.github/workflows/ci.yml', content: await text(process.stdin) };
  const { context, value } = parseWorkflow(file, new NoOperationTraceWriter());
  if (value) await convertWorkflowTemplate(context, value);
  const complaints = context.errors.getErrors().map(({ message }) => message);
  process.stdout.write(`${JSON.stringify(complaints)}\n`);
}

void main();
