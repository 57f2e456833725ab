/**
 * npm run kubernetes-rules: makes PrometheusRules for Kubernetes of the rules that Prometheus reads in Compose. A test
 * compares what is committed with these.
 */
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { parse, stringify } = require('yaml');
const { onPinnedNode, requireInstalled, root } = require('./pinned-node.js');

const source = 'deploy/compose/observability/prometheus/rules';
const target = 'deploy/k8s/monitoring/rules.yaml';

/** Not hosts and monitoring: nodes and Prometheus itself are looked after by the rules of kube-prometheus-stack. */
const names = ['datastores', 'messaging', 'orders', 'processes', 'recording', 'services'];

/** What belongs into `target`. */
function kubernetesRules() {
  const rules = names.map((name) =>
    stringify(
      {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PrometheusRule',
        metadata: { name: `waybill-${name}` },
        spec: parse(readFileSync(join(root, source, `${name}.yml`), 'utf8')),
      },
      { lineWidth: 0, aliasDuplicateObjects: false },
    ),
  );
  const head = `# Made by \`npm run kubernetes-rules\` from ${source}: change them there.\n`;
  return head + rules.join('---\n');
}

function main() {
  requireInstalled();
  if (!onPinnedNode()) return;
  writeFileSync(join(root, target), kubernetesRules());
  console.log(`${names.length} PrometheusRules in ${target}`);
}

module.exports = { kubernetesRules, names, target };
if (require.main === module) main();
