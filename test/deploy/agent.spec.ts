import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { temporaryFolder } from '../folder.js';
import { programs, run } from '../observability/programs.js';
import { composeText, readCompose } from './compose-files.js';

const SETTINGS = 'webapp/prometheus/agent.yml';

describe('the agent of VM 1', () => {
  it('has a configuration that Prometheus takes for an agent', async () => {
    const folder = await temporaryFolder('agent');
    try {
      const file = join(folder, 'agent.yml');
      // Older programs than the image's have it so without being told.
      await writeFile(file, composeText(SETTINGS).replace(/^ *match_first_network: false\n/m, ''));
      expect(await run(programs().promtool, ['check', 'config', '--agent', file])).toMatchObject({
        ok: true,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('finds each container once, by the network in which all that are scraped are', () => {
    const { scrape_configs } = parse(composeText(SETTINGS)) as {
      scrape_configs: { docker_sd_configs: { match_first_network: boolean }[] }[];
    };
    expect(scrape_configs[0]?.docker_sd_configs[0]?.match_first_network).toBe(false);
    for (const placement of ['webapp', 'monolith']) {
      const scraped = Object.entries(readCompose(`${placement}/compose.yaml`).services).filter(
        ([, { labels }]) => labels?.['metrics.job'],
      );
      expect(scraped.length).toBeGreaterThan(5);
      for (const [name, { networks, labels }] of scraped) {
        expect([name, networks]).toEqual([name, expect.arrayContaining(['telemetry'])]);
        expect(labels?.['metrics.port']).toMatch(/^\d+$/);
      }
    }
  });

  it('gives jobs the names that rules and dashboards know', () => {
    const jobs = Object.values(readCompose('webapp/compose.yaml').services).map(
      ({ labels }) => labels?.['metrics.job'],
    );
    const known = ['waybill', 'postgres', 'redis', 'rabbitmq', 'node', 'cadvisor', 'traefik', 'alloy'];
    expect([...new Set(jobs.filter(Boolean))].toSorted()).toEqual([...known, 'metrics-agent'].toSorted());
  });

  it('finds VM 2 under the names that its settings have', () => {
    const { services } = readCompose('webapp/compose.yaml');
    const names = ['metrics-agent', 'alloy'].flatMap((name) => services[name]?.extra_hosts ?? []);
    expect(names.map((each) => each.split('=')[0])).toEqual(['prometheus', 'loki', 'tempo']);
    expect(composeText(SETTINGS)).toContain('url: http://prometheus:9090/api/v1/write');
  });
});
