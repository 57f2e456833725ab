import type { Client } from 'pg';

/** A statement with what ends it: `;`, or `\gset`, which keeps the columns of its row as variables. */
const STATEMENT = /([\s\S]+?)(;|\\gset)[ \t]*$/gm;
/** A variable; not the type in `::text`. */
const VARIABLE = /(?<!:):([a-z]\w*)/g;

/** Runs a script of pgbench once, for tests: values are given in place of those that `\set` draws. */
export async function runScript(
  client: Client,
  script: string,
  given: Record<string, unknown>,
): Promise<void> {
  const values = new Map(Object.entries(given));
  const valueOf = (name: string) => {
    if (!values.has(name)) throw new Error(`The script has no value for :${name}`);
    const value = values.get(name);
    return client.escapeLiteral(typeof value === 'string' ? value : JSON.stringify(value));
  };
  const statements = script.replace(/^(?:--|\\set ).*$/gm, '');
  for (const [, text = '', end] of statements.matchAll(STATEMENT)) {
    const { rows } = await client.query<Record<string, unknown>>(
      text.replace(VARIABLE, (_all, name: string) => valueOf(name)),
    );
    if (end === ';') continue;
    if (rows.length !== 1) throw new Error(`A statement before \\gset has given ${rows.length} rows`);
    for (const [name, value] of Object.entries(rows[0] ?? {})) values.set(name, value);
  }
}
