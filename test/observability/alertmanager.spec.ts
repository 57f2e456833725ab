import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { eventually } from '../eventually.js';
import { temporaryFolder } from '../folder.js';
import { AlertInbox } from './alert-inbox.js';
import { OBSERVABILITY, programs, run } from './programs.js';
import { type AlertmanagerConfig, redirectReceivers, TestAlertmanager } from './test-alertmanager.js';

const FOLDER = join(OBSERVABILITY, 'alertmanager');
const FILE = join(FOLDER, 'alertmanager.yml');
const config = parse(readFileSync(FILE, 'utf8')) as AlertmanagerConfig;

type Labels = Record<string, string>;

describe('the configuration of Alertmanager', () => {
  it('is taken by Alertmanager, templates included', async () => {
    const { ok, output } = await run(programs().amtool, ['check-config', FILE]);
    expect({ ok, output }).toEqual({ ok: true, output: expect.stringContaining('1 templates') });
  });

  it('of a lab is taken too, and sends nothing to anybody', async () => {
    const file = join(FOLDER, 'lab.yml');
    expect(await run(programs().amtool, ['check-config', file])).toMatchObject({ ok: true });
    expect(readFileSync(file, 'utf8')).not.toMatch(/_configs:/);
  });

  it('keeps its secrets in files', () => {
    const text = readFileSync(FILE, 'utf8');
    const secrets = [...text.matchAll(/^[\s-]*(\w*(?:password|api_url|key|token|secret)\w*): (.+)$/gm)];
    expect(secrets.map(([, name]) => name)).toEqual([
      'smtp_auth_password_file',
      'slack_api_url_file',
      'routing_key_file',
    ]);
    for (const [, , value] of secrets) expect(value).toMatch(/^\/run\/secrets\/\w+$/);
  });

  it.each<[Labels, string]>([
    [
      { alertname: 'ServiceDown', severity: 'critical', team: 'orders', service: 'order-service' },
      'on-call,orders',
    ],
    [{ alertname: 'PostgresDown', severity: 'critical', team: 'platform' }, 'on-call,platform'],
    [{ alertname: 'PaymentGatewayFailing', severity: 'critical', team: 'payments' }, 'on-call,payments'],
    [{ alertname: 'OutboxStuck', severity: 'warning', team: 'orders' }, 'orders'],
    [{ alertname: 'OutboxStuck', severity: 'warning', team: 'inventory' }, 'inventory'],
    [{ alertname: 'OutboxStuck', severity: 'warning', team: 'payments' }, 'payments'],
    [{ alertname: 'OutboxStuck', severity: 'warning', team: 'users' }, 'users'],
    [{ alertname: 'OutboxStuck', severity: 'warning', team: 'notifications' }, 'notifications'],
    [{ alertname: 'OutboxStuck', severity: 'warning', team: 'catalog' }, 'catalog'],
    [{ alertname: 'TargetDown', severity: 'warning', team: 'platform' }, 'platform'],
    [{ alertname: 'StockLow', severity: 'info', team: 'inventory' }, 'info'],
    [{ alertname: 'Watchdog', severity: 'info', team: 'platform' }, 'heartbeat'],
    // From somebody else's rules.
    [{ alertname: 'Unheard', severity: 'warning', team: 'nobody' }, 'platform'],
    [{ alertname: 'Unheard', severity: 'critical' }, 'on-call'],
    [{ alertname: 'Unheard' }, 'platform'],
  ])('sends %j to %s', async (labels, receivers) => {
    const args = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const flags = [`--config.file=${FILE}`, `--verify.receivers=${receivers}`];
    const { ok, output } = await run(programs().amtool, ['config', 'routes', 'test', ...flags, ...args]);
    expect(ok ? '' : output).toBe('');
  });

  it('names alerts that there are', () => {
    const rules = globSync('prometheus/rules/*.yml', { cwd: OBSERVABILITY }).map((file) =>
      readFileSync(join(OBSERVABILITY, file), 'utf8'),
    );
    const alerts = rules.flatMap((text) => [...text.matchAll(/- alert: (\w+)/g)].map(([, name]) => name));
    const named = [...readFileSync(FILE, 'utf8').matchAll(/alertname(?:=|!=|=~)"([^"]+)"/g)];
    expect(named.length).toBeGreaterThan(10);
    for (const name of named.flatMap(([, names = '']) => names.split('|'))) expect(alerts).toContain(name);
  });

  it('has a receiver for each team of the rules', () => {
    const rules = globSync('prometheus/rules/tests/*.test.yml', { cwd: OBSERVABILITY }).map((file) =>
      readFileSync(join(OBSERVABILITY, file), 'utf8'),
    );
    const teams = rules.flatMap((text) => [...text.matchAll(/team: (\w+)/g)].map(([, team]) => team));
    expect(config.receivers.map(({ name }) => name)).toEqual(expect.arrayContaining([...new Set(teams)]));
  });
});

describe('the messages of Alertmanager', () => {
  const runbook = 'https://github.com/waybill-oms/waybill/blob/main/docs/runbooks/dead-letters.md';
  const alert = {
    status: 'firing',
    labels: { alertname: 'DeadLetters', severity: 'warning', team: 'inventory' },
    annotations: { summary: 'Given up', description: '3 of <orders>', runbook_url: runbook },
    startsAt: '2026-11-28T10:00:00Z',
    generatorURL: 'http://prometheus:9090/graph',
  };
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder('messages');
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function message(template: string, type: 'text' | 'html', data: string): Promise<string> {
    const file = join(folder, 'data.json');
    const { labels, annotations } = alert;
    const body = { status: 'firing', alerts: [alert], commonLabels: labels, commonAnnotations: annotations };
    writeFileSync(file, JSON.stringify(body));
    const what = [`--template.glob=${FOLDER}/templates/*.tmpl`, `--template.data=${file}`];
    const how = [`--template.type=${type}`, `--template.text={{ template "${template}" ${data} }}`];
    const { ok, output } = await run(programs().amtool, ['template', 'render', ...what, ...how]);
    expect(ok ? '' : output).toBe('');
    return output;
  }

  it.each([
    ['slack.default.text', 'text', '.'],
    ['slack.default.titlelink', 'text', '.'],
    ['email.default.html', 'html', '.'],
    ['pagerduty.default.instances', 'text', '.Alerts.Firing'],
  ] as const)('link to the runbook (%s)', async (template, type, data) => {
    expect(await message(template, type, data)).toContain(runbook);
  });

  it('say what is the matter', async () => {
    expect(await message('slack.default.title', 'text', '.')).toBe('[FIRING] Given up');
    expect(await message('email.default.subject', 'text', '.')).toBe('[FIRING] Given up');
    expect(await message('pagerduty.default.description', 'text', '.')).toBe('[FIRING] Given up');
    expect(await message('slack.default.text', 'text', '.')).toContain('3 of <orders>');
    expect(await message('email.default.html', 'html', '.')).toContain('3 of &lt;orders&gt;');
  });
});

describe('a real Alertmanager with these rules', () => {
  let inbox: AlertInbox;
  let alertmanager: TestAlertmanager;

  beforeEach(async () => {
    inbox = await AlertInbox.open();
    alertmanager = await TestAlertmanager.start(redirectReceivers(config, inbox.url));
  });

  afterEach(async () => {
    await alertmanager.stop();
    await inbox.close();
  });

  const warning = (alertname: string, service: string): Labels => ({
    alertname,
    service,
    severity: 'warning',
  });
  const critical = (alertname: string, service: string): Labels => ({
    alertname,
    service,
    severity: 'critical',
  });
  const platform = (alertname: string, severity = 'critical'): Labels => ({
    alertname,
    severity,
    team: 'platform',
  });

  it.each<[string, Labels, Labels[], Labels[]]>([
    [
      'a service that is down, of what is said of it and of its process',
      critical('ServiceDown', 'order-service'),
      [
        critical('ErrorBudgetBurn', 'order-service'),
        warning('OutboxStuck', 'order-service'),
        { alertname: 'InstanceDown', severity: 'warning', instance: 'order-service:8001' },
      ],
      [
        critical('ServiceDown', 'user-service'),
        critical('ErrorBudgetBurn', 'catalog-service'),
        platform('DiskNearlyFull'),
        platform('HostCpuHigh', 'warning'),
      ],
    ],
    [
      'what is critical, of the warnings of the same service',
      critical('SagaStuck', 'order-service'),
      [warning('SagaStuck', 'order-service'), warning('ErrorRatioHigh', 'order-service')],
      [critical('ErrorBudgetBurn', 'order-service'), warning('ErrorRatioHigh', 'user-service')],
    ],
    [
      'what is critical and of no service: none',
      platform('DiskNearlyFull'),
      [],
      [
        platform('HostCpuHigh', 'warning'),
        platform('Watchdog', 'info'),
        warning('ErrorRatioHigh', 'user-service'),
      ],
    ],
    [
      'a full disk, of the warning that it would be',
      { ...platform('DiskNearlyFull'), instance: 'vm1', mountpoint: '/' },
      [{ ...platform('DiskFilling', 'warning'), instance: 'vm1', mountpoint: '/' }],
      [{ ...platform('DiskFilling', 'warning'), instance: 'vm1', mountpoint: '/data' }],
    ],
    [
      'PostgreSQL, of what fails without it',
      platform('PostgresDown'),
      [
        critical('ErrorBudgetBurn', 'order-service'),
        critical('SagaStuck', 'order-service'),
        warning('CircuitBreakerOpen', 'inventory-service'),
        warning('DatabasePoolExhausted', 'user-service'),
      ],
      [critical('PaymentGatewayFailing', 'payment-service'), warning('DeadLetters', 'catalog-service')],
    ],
    [
      'RabbitMQ, of what fails without it',
      platform('RabbitmqAlarm'),
      [
        critical('ErrorBudgetBurn', 'order-service'),
        critical('OutboxStuck', 'order-service'),
        warning('QueueWithoutConsumers', 'inventory-service'),
      ],
      [critical('PaymentGatewayFailing', 'payment-service'), warning('DeadLetters', 'catalog-service')],
    ],
    [
      'Redis, of what is slower without it',
      platform('RedisDown', 'warning'),
      [warning('LatencyHigh', 'catalog-service')],
      [warning('ErrorRatioHigh', 'catalog-service')],
    ],
    [
      'a collector that is away, of the spans that it does not take',
      { ...platform('TargetDown', 'warning'), job: 'alloy' },
      [{ ...platform('TelemetrySpansDropped', 'info'), service: 'order-service' }],
      [warning('ErrorRatioHigh', 'order-service')],
    ],
  ])('keeps quiet about the consequences of %s', async (_title, cause, quiet, loud) => {
    await alertmanager.send([cause, ...quiet, ...loud].map((labels) => ({ labels })));
    const told = async (inhibited: boolean) =>
      (await alertmanager.alerts())
        .filter((each) => each.inhibited === inhibited)
        .map(({ labels }) => labels);
    await eventually(async () =>
      expect(await alertmanager.alerts()).toHaveLength(1 + quiet.length + loud.length),
    );
    expect(new Set(await told(true))).toEqual(new Set(quiet));
    expect(new Set(await told(false))).toEqual(new Set([cause, ...loud]));
  });

  it('wakes whoever is on call, and tells the team', async () => {
    await alertmanager.send([{ labels: { ...critical('SagaStuck', 'order-service'), team: 'orders' } }]);
    await eventually(() =>
      expect(
        inbox
          .of('SagaStuck')
          .map(({ receiver }) => receiver)
          .toSorted(),
      ).toEqual(['on-call', 'orders']),
    );
  });
});
