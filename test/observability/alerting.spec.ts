import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { MODULES } from '../../src/modules.js';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../folder.js';
import { AlertInbox } from './alert-inbox.js';
import { installMonitoring, OBSERVABILITY, programs } from './programs.js';
import { type AlertmanagerConfig, redirectReceivers, TestAlertmanager } from './test-alertmanager.js';
import { hastenRules, TestPrometheus } from './test-prometheus.js';

const SERVICES = Object.values(MODULES).map(({ service }) => service);
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** Tells what a process with all modules tells, as far as payments go. */
class Target {
  /** As in `circuit_breaker_state`: 0 closed, 1 half-open, 2 open. */
  breaker = 0;
  private readonly payments = { captured: 0, unknown: 0 };
  private readonly pay: NodeJS.Timeout;
  private readonly server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    response.end(this.metrics());
  });

  private constructor() {
    // Ten payments a second; with the gateway away nobody knows what came of them.
    this.pay = setInterval(() => (this.payments[this.breaker > 0 ? 'unknown' : 'captured'] += 1), 100);
  }

  static async open(): Promise<Target> {
    const target = new Target();
    await new Promise<void>((listening) => target.server.listen(0, '127.0.0.1', listening));
    return target;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    clearInterval(this.pay);
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private metrics(): string {
    const { captured, unknown } = this.payments;
    const all = captured + unknown;
    return [
      '# TYPE process_start_time_seconds gauge',
      ...SERVICES.map((service) => `process_start_time_seconds{service="${service}"} 1764324000`),
      '# TYPE circuit_breaker_state gauge',
      `circuit_breaker_state{service="payment-service",target="payment-gateway"} ${this.breaker}`,
      '# TYPE payments_processed counter',
      `payments_processed_total{service="payment-service",status="captured",method="card"} ${captured}`,
      `payments_processed_total{service="payment-service",status="unknown",method="card"} ${unknown}`,
      '# TYPE payment_gateway_latency_seconds histogram',
      `payment_gateway_latency_seconds_bucket{service="payment-service",le="0.5"} ${all} # {trace_id="${TRACE}"} 0.25`,
      `payment_gateway_latency_seconds_bucket{service="payment-service",le="+Inf"} ${all}`,
      `payment_gateway_latency_seconds_count{service="payment-service"} ${all}`,
      `payment_gateway_latency_seconds_sum{service="payment-service"} ${all / 4}`,
      '# EOF',
      '',
    ].join('\n');
  }
}

describe('a payment gateway that goes away, seen by a real Prometheus and a real Alertmanager', () => {
  let folder: string;
  let target: Target;
  let inbox: AlertInbox;
  let alertmanager: TestAlertmanager;
  let prometheus: TestPrometheus;

  beforeAll(async () => {
    folder = await temporaryFolder('rules');
    target = await Target.open();
    inbox = await AlertInbox.open();
    const config = parse(
      readFileSync(join(OBSERVABILITY, 'alertmanager/alertmanager.yml'), 'utf8'),
    ) as AlertmanagerConfig;
    alertmanager = await TestAlertmanager.start(redirectReceivers(config, inbox.url));
    const rules = globSync('prometheus/rules/*.yml', { cwd: OBSERVABILITY });
    prometheus = await TestPrometheus.start({
      scrape: { waybill: [target.address] },
      ruleFiles: hastenRules(
        rules.map((file) => join(OBSERVABILITY, file)),
        folder,
      ),
      alertmanager: alertmanager.address,
    });
  });

  afterAll(async () => {
    await prometheus?.stop();
    await alertmanager?.stop();
    await inbox?.close();
    await target?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const told = () => inbox.of('PaymentGatewayFailing').map(({ receiver, status }) => `${receiver} ${status}`);

  it('is scraped, and is no alert while it works', async () => {
    await eventually(async () =>
      expect(await prometheus.targets()).toMatchObject([{ labels: { job: 'waybill' }, health: 'up' }]),
    );
    await eventually(async () =>
      expect(await prometheus.query('service:payments_unknown:ratio_rate5m')).toEqual([
        { metric: { __name__: expect.any(String), service: 'payment-service' }, value: 0 },
      ]),
    );
    await eventually(() => expect(inbox.of('Watchdog')).toMatchObject([{ receiver: 'heartbeat' }]));
    expect(told()).toEqual([]);
  });

  it('wakes whoever is on call and tells the team, with the runbook', async () => {
    target.breaker = 2;
    await eventually(() => expect(told().toSorted()).toEqual(['on-call firing', 'payments firing']), 20_000);
    expect(inbox.of('PaymentGatewayFailing')[0]).toMatchObject({
      labels: { severity: 'critical', team: 'payments', service: 'payment-service' },
      annotations: {
        summary: 'The payment gateway fails',
        runbook_url: expect.stringMatching(/\/docs\/runbooks\/payment-gateway-failing\.md$/),
      },
    });
  });

  it('tells both that it is over', async () => {
    target.breaker = 0;
    await eventually(
      () => expect(told()).toEqual(expect.arrayContaining(['on-call resolved', 'payments resolved'])),
      30_000,
    );
  });

  it('has left its history, and traces to look at', async () => {
    const now = Date.now() / 1000;
    const [series] = await prometheus.queryRange('max(circuit_breaker_state)', now - 60, now);
    expect(new Set(series?.values.map(([, value]) => value))).toEqual(new Set([0, 2]));
    expect(await prometheus.exemplars('payment_gateway_latency_seconds_bucket')).toEqual(
      expect.arrayContaining([{ labels: { trace_id: TRACE }, value: 0.25 }]),
    );
  });

  it('tells nobody outside of this machine', () => {
    const config = parse(
      readFileSync(join(OBSERVABILITY, 'alertmanager/alertmanager.yml'), 'utf8'),
    ) as AlertmanagerConfig;
    const derived = redirectReceivers(config, inbox.url);
    expect(derived).not.toHaveProperty('global');
    for (const { name, ...channels } of derived.receivers)
      expect([name, channels]).toEqual([
        name,
        { webhook_configs: [{ url: inbox.url, send_resolved: true }] },
      ]);
  });
});

describe('the programs', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder('programs');
    mkdirSync(join(folder, 'bin'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** A machine that has only the programs given. */
  function machineWith(scripts: Record<string, string>, root: boolean) {
    for (const [name, script] of Object.entries(scripts))
      writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { path: join(folder, 'bin'), folders: [], root, policyFile: join(folder, 'policy-rc.d') };
  }

  it('are named with what to install where they are missing', async () => {
    const all =
      'Prometheus and Alertmanager are not on this machine. ' +
      'Debian, Ubuntu: sudo apt-get install prometheus prometheus-alertmanager; ' +
      'macOS: brew install prometheus alertmanager; elsewhere: https://prometheus.io/download/';
    expect(() => programs(machineWith({}, true))).toThrow(all);
    const some = machineWith({ alertmanager: '', amtool: '', prometheus: '' }, false);
    expect(() => programs(some)).toThrow(/^Prometheus is not on this machine\. .* install prometheus; /);
    await expect(installMonitoring(() => undefined, some)).rejects.toThrow(/^Prometheus is not/);
  });

  it('are installed by root on Debian, which is said in one line', async () => {
    const said: string[] = [];
    const link = (name: string) => `echo > ${folder}/bin/${name}; /bin/chmod +x ${folder}/bin/${name}`;
    const installs = ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool'].map(link).join('\n');
    const machine = machineWith({ 'apt-get': `echo "$@" >> ${folder}/calls\n${installs}` }, true);
    await installMonitoring((line) => said.push(line), machine);
    expect(programs(machine).alertmanager).toBe(join(folder, 'bin/prometheus-alertmanager'));
    expect(said).toEqual([
      'Prometheus and Alertmanager are not on this machine: ' +
        'apt-get installs prometheus prometheus-alertmanager (a minute, once)',
    ]);
    await installMonitoring((line) => said.push(line), machine);
    expect(said).toHaveLength(1);
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toMatch(
      /^[^\n]+ prometheus prometheus-alertmanager\n$/,
    );
  });
});
