/** One `name(arguments) { … }`, or a step without a block. */
export interface Block {
  name: string;
  /** What stands between the name and its block, or to the end of the line. */
  args: string;
  children: Block[];
}

const SECTIONS: Record<string, readonly string[]> = {
  '': ['pipeline'],
  pipeline: ['agent', 'options', 'environment', 'parameters', 'triggers', 'tools', 'stages', 'post'],
  stages: ['stage'],
  stage: ['agent', 'options', 'environment', 'when', 'steps', 'stages', 'post'],
  post: ['always', 'success', 'failure', 'unstable', 'changed', 'fixed', 'aborted', 'cleanup'],
  agent: ['label'],
  options: ['skipDefaultCheckout', 'disableConcurrentBuilds', 'timeout', 'buildDiscarder'],
};
const STEPS = ['checkout', 'sh', 'archiveArtifacts', 'junit'];
/** Those that hold steps. */
const HOLDS_STEPS = ['steps', ...(SECTIONS['post'] ?? [])];
const MUST: Record<string, readonly string[]> = {
  '': ['pipeline'],
  pipeline: ['agent', 'stages'],
  stage: ['steps'],
};

/**
 * Reads a declarative Jenkinsfile, as far as ours go, by https://www.jenkins.io/doc/book/pipeline/syntax/. Jenkins' own
 * linter is a part of Jenkins; this one knows the sections and steps that we use, and refuses all others.
 *
 * @throws with the line that is wrong
 */
export function readJenkinsfile(source: string): Block {
  const lines = source.split('\n');
  const root: Block = { name: '', args: '', children: [] };
  const open = [root];
  lines.forEach((line, index) => {
    const fail = (why: string) => {
      throw new Error(`line ${index + 1}: ${why}: ${line.trim()}`);
    };
    for (let rest = line.trim(); rest !== '' && !rest.startsWith('//'); ) {
      const parent = open.at(-1) ?? root;
      if (rest.startsWith('}')) {
        if (open.length === 1) fail('nothing is open');
        requireParts(parent, fail);
        open.pop();
        rest = rest.slice(1).trim();
        continue;
      }
      const [whole, name = '', args = '', end] = STATEMENT.exec(rest) ?? [];
      if (whole === undefined) fail('cannot be read');
      const block: Block = { name, args: args.trim(), children: [] };
      const allowed = HOLDS_STEPS.includes(parent.name) ? STEPS : (SECTIONS[parent.name] ?? []);
      if (!allowed.includes(name)) fail(`${name} has no place in ${parent.name || 'a Jenkinsfile'}`);
      parent.children.push(block);
      if (end === '{') open.push(block);
      rest = rest.slice(whole?.length).trim();
    }
  });
  if (open.length > 1) throw new Error(`${open.at(-1)?.name} is not closed`);
  requireParts(root, (why) => {
    throw new Error(why);
  });
  return root.children[0] ?? root;
}

/** A name; strings, brackets and words after it; and what ends it. */
const STATEMENT = /^([A-Za-z]+)((?:'[^'\n]*'|\((?:[^()']|'[^']*'|\([^()]*\))*\)|[^'(){}\n])*)(\{|(?=\})|$)/;

function requireParts({ name, children }: Block, fail: (why: string) => void): void {
  for (const part of MUST[name] ?? [])
    if (!children.some((child) => child.name === part)) fail(`${name} lacks ${part}`);
  if (HOLDS_STEPS.includes(name) && children.length === 0) fail(`${name} is empty`);
}
