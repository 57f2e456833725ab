import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../lab/free-port.js';
import type { ServerProcess } from '../../lab/services/server-process.js';
import { temporaryFolder } from '../folder.js';
import { startServer } from './monitoring-server.js';
import { programs } from './programs.js';

export interface AlertmanagerConfig {
  route: Route;
  receivers: ({ name: string } & Record<string, unknown>)[];
  inhibit_rules?: Record<string, unknown>[];
  templates?: string[];
  global?: Record<string, unknown>;
}

export interface Route {
  receiver?: string;
  routes?: Route[];
  [setting: string]: unknown;
}

/** A real Alertmanager of a test's own. It is in no cluster, and speaks to nobody but its receivers. */
export class TestAlertmanager {
  private constructor(
    private readonly server: ServerProcess,
    private readonly folder: string,
  ) {}

  /** @throws with what to install, or with the end of its log */
  static async start(config: AlertmanagerConfig): Promise<TestAlertmanager> {
    const { alertmanager } = programs();
    const folder = await temporaryFolder('alertmanager');
    const configFile = join(folder, 'alertmanager.yml');
    writeFileSync(configFile, stringify(config));
    const url = `http://127.0.0.1:${await freePort()}`;
    const server = await startServer('Alertmanager', url, folder, alertmanager, [
      `--config.file=${configFile}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--cluster.listen-address=',
    ]);
    return new TestAlertmanager(server, folder);
  }

  get url(): string {
    return this.server.url;
  }

  /** As Prometheus wants it. */
  get address(): string {
    return new URL(this.url).host;
  }

  /** Alerts sent straight to it, without a Prometheus. */
  async send(alerts: readonly { labels: Record<string, string> }[]): Promise<void> {
    const answer = await fetch(`${this.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    if (!answer.ok) throw new Error(`Alertmanager: ${await answer.text()}`);
  }

  /** What it knows of, and whether another alert keeps it quiet. */
  async alerts(): Promise<{ labels: Record<string, string>; inhibited: boolean }[]> {
    const answer = await fetch(`${this.url}/api/v2/alerts`);
    type Found = { labels: Record<string, string>; status: { inhibitedBy: string[] } };
    return ((await answer.json()) as Found[]).map(({ labels, status }) => ({
      labels,
      inhibited: status.inhibitedBy.length > 0,
    }));
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * The production routes and inhibitions for a test: every receiver is a webhook at `url`, under its own name, and
 * nobody waits for longer than `wait`.
 */
export function redirectReceivers(
  config: AlertmanagerConfig,
  url: string,
  { wait = '1s' }: { wait?: string } = {},
): AlertmanagerConfig {
  const hasten = ({ routes, ...route }: Route): Route => ({
    ...route,
    group_wait: wait,
    group_interval: wait,
    repeat_interval: '1h',
    ...(routes && { routes: routes.map(hasten) }),
  });
  return {
    route: hasten(config.route),
    receivers: config.receivers.map(({ name }) => ({
      name,
      webhook_configs: [{ url, send_resolved: true }],
    })),
    ...(config.inhibit_rules && { inhibit_rules: config.inhibit_rules }),
  };
}
