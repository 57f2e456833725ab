import { readFileSync, statSync } from 'node:fs';
import { Client } from 'pg';

/** A node of a plan, as EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) tells it. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Schema?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  Filter?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

/** A statement that ran, and how. */
export interface Ran {
  text: string;
  plan: PlanNode;
}

const SETTINGS = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_verbose': 'on',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_parameter_max_length': '0',
  'auto_explain.log_format': 'json',
};

/** From here on the server writes the plan of all that new connections run into its log. As the superuser. */
export async function explainAll(url: string): Promise<void> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  try {
    // Without it nobody knows its settings.
    await admin.query("LOAD 'auto_explain'");
    for (const [name, value] of Object.entries(SETTINGS))
      await admin.query(
        `ALTER DATABASE ${admin.escapeIdentifier(admin.database ?? '')} SET ${name} = '${value}'`,
      );
  } finally {
    await admin.end();
  }
}

/** An entry of the log: its plan follows on lines of their own, which begin with a tab. */
const ENTRY = /LOG: {2}duration: [\d.]+ ms {2}plan:\n((?:\t.*\n)+)/g;

/** How often the log is looked at: more often than the server's keeper cuts it. Milliseconds. */
const LOOK_MS = 200;

/** Follows a server's log, which its keeper empties when it gets long, and keeps the statements that ran. */
export class StatementLog {
  private readonly timer = setInterval(() => this.look(), LOOK_MS);
  private at = 0;
  private text = '';
  private ran: Ran[] = [];

  constructor(private readonly file: string) {
    this.at = statSync(file).size;
  }

  /** All that ran until now, since the last time when `forget` is set. */
  read({ forget = false } = {}): Ran[] {
    this.look();
    const ran = this.ran;
    if (forget) this.ran = [];
    return ran;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    if (statSync(this.file).size < this.at) {
      // What was cut off lies beside it.
      this.text += readFileSync(`${this.file}.1`).subarray(this.at).toString();
      this.at = 0;
    }
    const more = readFileSync(this.file).subarray(this.at);
    this.at += more.length;
    this.text += more.toString();
    this.take();
  }

  /** The last line may not be whole yet, nor the last entry: it stays until another follows. */
  private take(): void {
    let end = 0;
    for (const { 0: all, 1: json = '', index } of this.text.matchAll(ENTRY)) {
      if (!json.endsWith('\t}\n')) break;
      const entry = JSON.parse(json.replace(/^\t/gm, '')) as { 'Query Text': string; Plan: PlanNode };
      this.ran.push({ text: entry['Query Text'], plan: entry.Plan });
      end = index + all.length;
    }
    this.text = this.text.slice(end);
  }
}
