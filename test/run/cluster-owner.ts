import { Cluster } from '../../lab/cluster.js';
import { environment } from '../../src/common/config/environment.js';
import { MODULE_NAMES } from '../../src/modules.js';

/** Has a cluster of one process, says its pid, and waits to be killed. */
async function main(): Promise<void> {
  const env = JSON.parse(environment()['CLUSTER_ENV'] ?? '{}') as Record<string, string>;
  const { members } = await Cluster.start({ layout: [{ modules: MODULE_NAMES }], env });
  process.stdout.write(`${JSON.stringify(members.map(({ pid }) => pid))}\n`);
}

void main();
