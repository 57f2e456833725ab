import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES } from '../../deploy/chaos/options.js';
import type { Report } from '../../deploy/chaos/report.js';
import { MODULES } from '../../src/modules.js';
import { check } from '../chaos/checker.js';
import { ledgerOf } from '../chaos/evidence.js';
import { untilSettled } from '../chaos/settling.js';
import { temporaryFolder } from '../folder.js';
import { type SplitWaybill, startSplit } from '../split.js';
import { Doorway } from './doorway.js';
import { Orchestrator } from './orchestrator.js';

const CHAOS = join(__dirname, '../../deploy/chaos');
const QUICK = ['--rate', '5', '--consecutive', '5', '--interval', '0'];

describe('the chaos scripts, against real processes', () => {
  let folder: string;
  let waybill: SplitWaybill;
  let orchestrator: Orchestrator;
  let doorway: Doorway;

  beforeAll(async () => {
    folder = await temporaryFolder('chaos-scripts');
    waybill = await startSplit({
      layout: [['orders'], ['payments', 'inventory', 'users', 'catalog', 'notifications']],
    });
    orchestrator = await Orchestrator.start(waybill.cluster, folder);
    doorway = await Doorway.open(waybill.url);
  });

  afterAll(async () => {
    await doorway?.stop();
    await orchestrator?.stop();
    await waybill?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  interface Ended {
    code: number;
    output: string;
    /** The last report that was written. */
    report: Report;
    markdown: string;
    xml: string;
  }

  function script(name: string, ...args: string[]): Promise<Ended> {
    const path = `${orchestrator.bin}:${process.env['PATH']}`;
    const all = ['--url', doorway.url, '--report', join(folder, 'report'), ...QUICK, ...args];
    return new Promise((resolve) => {
      execFile(join(CHAOS, name), all, { env: { ...process.env, PATH: path } }, (error, stdout, stderr) => {
        const file = name === 'rolling-update.sh' ? 'rolling-update' : 'chaos';
        const read = (suffix: string) => readFileSync(join(folder, 'report', `${file}.${suffix}`), 'utf8');
        resolve({
          code: typeof error?.code === 'number' ? error.code : error ? -1 : 0,
          output: stdout + stderr,
          get report() {
            return JSON.parse(read('json')) as Report;
          },
          get markdown() {
            return read('md');
          },
          get xml() {
            return read('xml');
          },
        });
      });
    });
  }

  it('know the services that there are', () => {
    expect([...SERVICES].toSorted()).toEqual(
      Object.values(MODULES)
        .map(({ service }) => service)
        .toSorted(),
    );
  });

  it('kill pods, and say how long clients noticed and that no order was lost', async () => {
    const only = ['--only', 'order-service', '--only', 'payment-service'];
    const { code, output, report, markdown, xml } = await script(
      'pod-killer.sh',
      '--rounds',
      '2',
      '--seed',
      '5',
      ...only,
    );
    expect([code, output]).toEqual([0, expect.stringContaining('Seed 5')]);
    expect(report).toMatchObject({
      ok: true,
      platform: 'kubernetes',
      seed: 5,
      limitSeconds: 30,
      violations: [],
    });
    expect(report.cases).toHaveLength(2);
    for (const { failure, recoverySeconds, completeSeconds, bad } of report.cases) {
      expect(failure).toBeNull();
      // One replica: nobody else could take its orders.
      expect(bad.length).toBeGreaterThan(0);
      expect(recoverySeconds).toBeGreaterThan(1);
      expect(recoverySeconds).toBeLessThan(30);
      expect(completeSeconds).toBeGreaterThan(1);
    }
    expect(report.verdicts['good']).toBeGreaterThan(10);
    expect(report.aftermath).toMatchObject({ unanswered: [], lost: [], extra: [], kept: [] });
    expect(report.aftermath?.askedAgain).toBe(report.cases.flatMap(({ bad }) => bad).length);
    expect(orchestrator.commands).toContainEqual(
      expect.stringMatching(
        /^kubectl --namespace waybill delete pod (orders|payments\S+)-1 --grace-period=0 --force/,
      ),
    );
    expect(markdown).toMatch(/^# Chaos: passed\n/);
    expect(markdown).toMatch(/\| kill of (orders|payments\S+)-1 \|.*\| ok \|/);
    expect(xml).toContain('tests="3" failures="0"');

    await untilSettled(waybill.sql);
    const findings = await check({
      sql: waybill.sql,
      ledger: await ledgerOf(waybill.gateway.url),
      sightings: null,
    });
    expect(findings.filter(({ state }) => state === 'VIOLATED')).toEqual([]);
  });

  it('kill containers, whose recovery fails when it takes longer than it may', async () => {
    const only = ['--only', 'order-service', '--limit', '0.5'];
    const { code, report, markdown, xml } = await script('container-killer.sh', '--rounds', '1', ...only);
    expect(code).toBe(1);
    expect(report).toMatchObject({ ok: false, platform: 'compose', limitSeconds: 0.5, violations: [] });
    expect(report.cases).toMatchObject([
      {
        service: 'order-service',
        failure: expect.stringMatching(/^recovered after \d+\.\d s, and 0\.5 s are allowed$/),
      },
    ]);
    expect(report.cases[0]?.recoverySeconds).toBeGreaterThan(0.5);
    expect(markdown).toMatch(/^# Chaos: FAILED\n/);
    expect(xml).toContain('failures="1"');
  });

  it('fail when a process does not come back, and say so', async () => {
    const [member] = waybill.cluster.hosting('orders');
    const killed = member?.exited.then(() => member.stop());
    const { code, report } = await script(
      'pod-killer.sh',
      '--only',
      'order-service',
      '--limit',
      '1',
      '--patience',
      '2',
      '--settle',
      '1',
    );
    await killed;
    expect(code).toBe(1);
    expect(report.cases).toMatchObject([
      { recoverySeconds: null, completeSeconds: null, failure: 'orders did not become good again' },
    ]);
    expect(report.violations.join()).toContain('order-service is complete again');
    await member?.start();
  });

  it('do not kill where orders are not good to begin with', async () => {
    doorway.play(() => Promise.resolve({ status: 500, body: Buffer.from('{}') }));
    const asked = orchestrator.commands.length;
    const { code, output } = await script(
      'pod-killer.sh',
      '--limit',
      '1',
      '--patience',
      '1',
      '--settle',
      '0',
    );
    doorway.play(null);
    expect([code, output]).toEqual([2, expect.stringContaining('5 orders in a row are good before a kill')]);
    expect(orchestrator.commands).toHaveLength(asked);
  });

  it('replace processes one by one without a failed request, by kubectl and by docker', async () => {
    await waybill.cluster.scale('orders', 2);
    const pids = () => waybill.cluster.hosting('orders').map(({ pid }) => pid);
    for (const platform of ['kubernetes', 'compose']) {
      const before = pids();
      const { code, output, report } = await script(
        'rolling-update.sh',
        '--platform',
        platform,
        '--only',
        'order-service',
      );
      expect([code, output]).toEqual([0, expect.stringContaining('Passed')]);
      expect(report).toMatchObject({
        ok: true,
        platform,
        cases: [{ service: 'order-service', bad: [], failure: null }],
      });
      expect(report.verdicts).toEqual({ good: expect.any(Number) });
      const running = waybill.cluster.hosting('orders').filter(({ state }) => state === 'ready');
      expect(running).toHaveLength(2);
      expect(running.filter(({ pid }) => before.includes(pid))).toEqual([]);
    }
  });

  it('fail a rolling update that loses requests, count no wrong answer as good, and find an order made twice', async () => {
    let earlier: Buffer = Buffer.from('');
    orchestrator.restart = () => sleep(2500);
    doorway.play(async (send, response, count) => {
      if (count <= 5) {
        const passed = await send();
        earlier = passed.body;
        return passed;
      }
      // The order of another key; one that never comes; one that is cut off when it is done already.
      if (count === 7) return { status: 201, body: earlier };
      if (count === 8) return null;
      if (count === 9) await send().then(() => response.destroy());
      if (count === 10) expect((await send('a-key-that-the-client-has-never-seen')).status).toBe(201);
      return count === 9 ? null : send();
    });
    const { code, report, markdown } = await script(
      'rolling-update.sh',
      '--platform',
      'kubernetes',
      '--only',
      'order-service',
      '--timeout',
      '1',
    );
    doorway.play(null);
    expect(code).toBe(1);
    expect(report.cases[0]?.bad.map(({ verdict }) => verdict)).toEqual(['wrong', 'timeout', 'unreachable']);
    expect(report.cases[0]?.failure).toMatch(/^3 of \d+ requests failed$/);
    expect(markdown).toContain('the order of another key');
    // The one that was done already was asked for again, and is neither lost nor there twice.
    expect(report.aftermath).toMatchObject({
      askedAgain: 3,
      unanswered: [],
      lost: [],
      extra: [expect.any(String)],
    });
    expect(report.violations.join()).toContain('1 orders are confirmed that the client was never told of');
  });
});
