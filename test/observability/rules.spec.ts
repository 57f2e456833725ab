import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parseCommand } from '../../src/events-cli/options.js';
import { parseLogql, parsePromql, parseTraceql, seriesIn } from './grammars.js';
import { OBSERVABILITY, programs, run } from './programs.js';

interface AlertRule {
  alert: string;
  expr: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

interface AlertTest {
  alertname: string;
  exp_alerts: { exp_labels: Record<string, string>; exp_annotations: Record<string, string> }[];
}

type Rule = AlertRule | { record: string; expr: string };

const PROMETHEUS = join(OBSERVABILITY, 'prometheus');
const RUNBOOKS = join(OBSERVABILITY, '../../../docs/runbooks');
const PUBLISHED = 'https://github.com/waybill-oms/waybill/blob/main/docs/runbooks';
const TEAMS = ['orders', 'inventory', 'payments', 'users', 'notifications', 'catalog', 'platform'];

const files = (pattern: string, cwd: string) => globSync(pattern, { cwd }).toSorted();
const read = <T>(...path: string[]) => parse(readFileSync(join(...path), 'utf8')) as T;

const ruleFiles = files('rules/*.yml', PROMETHEUS);
const testFiles = files('rules/tests/*.test.yml', PROMETHEUS);
const rules = ruleFiles.flatMap((file) =>
  read<{ groups: { rules: Rule[] }[] }>(PROMETHEUS, file).groups.flatMap((group) => group.rules),
);
const alerts = rules.filter((rule): rule is AlertRule => 'alert' in rule);
const alertTests = testFiles.flatMap((file) =>
  read<{ tests: { alert_rule_test?: AlertTest[] }[] }>(PROMETHEUS, file).tests.flatMap(
    ({ alert_rule_test = [] }) => alert_rule_test,
  ),
);

const kebab = (name: string) => name.replaceAll(/(?<!^)[A-Z]/g, '-$&').toLowerCase();
const isTemplate = (text: string) => text.includes('{{');
const alertNames = [...new Set(alerts.map(({ alert }) => alert))].toSorted();

describe('the rules of Prometheus', () => {
  it('are taken by Prometheus, with its configuration', async () => {
    expect(
      await run(programs().promtool, ['check', 'config', join(PROMETHEUS, 'prometheus.yml')]),
    ).toMatchObject({ ok: true });
    const paths = ruleFiles.map((file) => join(PROMETHEUS, file));
    expect(await run(programs().promtool, ['check', 'rules', ...paths])).toMatchObject({ ok: true });
  });

  it('pass their own tests', async () => {
    const paths = testFiles.map((file) => join(PROMETHEUS, file));
    const { ok, output } = await run(programs().promtool, ['test', 'rules', ...paths]);
    expect(ok ? '' : output).toBe('');
  });

  it('name recordings as level:metric:operations', () => {
    const names = rules.flatMap((rule) => ('record' in rule ? [rule.record] : []));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !/^[a-z_]+:[a-z_]+:[a-z0-9_]+$/.test(name))).toEqual([]);
  });

  it('use no recording that is not made', () => {
    const made = rules.flatMap((rule) => ('record' in rule ? [rule.record] : []));
    const used = rules.flatMap(({ expr }) => seriesIn(expr)).filter((name) => name.includes(':'));
    expect(used.filter((name) => !made.includes(name))).toEqual([]);
  });

  it('never add up what every replica reads from the same database', () => {
    const shared =
      /outbox_pending|outbox_oldest_seconds|events_dead_letters|orders_by_status|saga_oldest_seconds|inventory_stock_level|inventory_low_stock_items|active_sessions_current|notification_queue_size/;
    const users = rules.filter(({ expr }) => shared.test(expr));
    expect(users.length).toBeGreaterThan(0);
    expect(users.filter(({ expr }) => !/^max by \([a-z, ]+\) \(/.test(expr))).toEqual([]);
  });
});

describe.each(alertNames)('the alert %s', (name) => {
  const own = alerts.filter(({ alert }) => alert === name);
  const tests = alertTests.filter(({ alertname }) => alertname === name);

  it('says how bad it is, whose it is, what is the matter and what to do', () => {
    for (const { labels, annotations } of own) {
      expect(['critical', 'warning', 'info']).toContain(labels['severity']);
      const team = labels['team'] ?? '';
      if (!isTemplate(team)) expect(TEAMS).toContain(team);
      expect(annotations).toEqual({
        summary: expect.stringMatching(/^\S.{10,99}$/),
        description: expect.stringContaining('{{'),
        runbook_url: `${PUBLISHED}/${kebab(name)}.md`,
      });
    }
  });

  it('has a test in which each of its rules fires', () => {
    const fired = tests.flatMap(({ exp_alerts }) => exp_alerts);
    for (const { exp_labels, exp_annotations } of fired) {
      expect(TEAMS).toContain(exp_labels['team']);
      expect(Object.keys(exp_annotations).toSorted()).toEqual(['description', 'runbook_url', 'summary']);
    }
    for (const { labels } of own) {
      const plain = Object.entries(labels).filter(([, value]) => !isTemplate(value));
      const matching = fired.filter(({ exp_labels }) =>
        plain.every(([label, value]) => exp_labels[label] === value),
      );
      expect(matching.length).toBeGreaterThan(0);
    }
  });

  it('has a test in which it keeps quiet, unless it never does', () => {
    const quiet = tests.filter(({ exp_alerts }) => exp_alerts.length === 0);
    expect(quiet.length > 0).toBe(name !== 'Watchdog');
  });
});

describe('the runbooks', () => {
  const pages = files('*.md', RUNBOOKS);
  const text = (page: string) => readFileSync(join(RUNBOOKS, page), 'utf8');
  const blocks = (language: string) =>
    pages.flatMap((page) =>
      [...text(page).matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].flatMap(
        ([, block = '']) =>
          block
            .split('\n')
            .filter(Boolean)
            .map((line) => ({ page, line })),
      ),
    );

  it('are one page for each alert, and none besides', () => {
    expect(pages.filter((page) => page !== 'README.md')).toEqual(
      alertNames.map((name) => `${kebab(name)}.md`).toSorted(),
    );
  });

  it('are all in the index, each with its alert', () => {
    const index = [...text('README.md').matchAll(/\[`(\w+)`\]\(([\w-]+\.md)\)/g)].map(([, alert, page]) => [
      alert,
      page,
    ]);
    expect(index.toSorted()).toEqual(alertNames.map((name) => [name, `${kebab(name)}.md`]).toSorted());
  });

  it('say of each alert what it means, how to see it, what may be the cause, what to do and when it is over', () => {
    for (const name of alertNames) {
      const page = text(`${kebab(name)}.md`);
      expect(page).toMatch(new RegExp(`^# ${name}\n`));
      expect([...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
        'What it means',
        'See',
        'Likely causes',
        'Do',
        'Over when',
      ]);
    }
  });

  it('have queries that can be run', () => {
    const languages = { promql: parsePromql, logql: parseLogql, traceql: parseTraceql };
    for (const [language, parseQuery] of Object.entries(languages)) {
      const queries = blocks(language);
      expect(queries.length).toBeGreaterThan(0);
      for (const { page, line } of queries)
        expect([page, line, failureOf(() => parseQuery(line))]).toEqual([page, line, null]);
    }
  });

  it('name dashboards that there are', () => {
    const there = globSync('../../grafana/dashboards/*.json', { cwd: __dirname }).map(
      (file) => parse(readFileSync(join(__dirname, file), 'utf8')) as { uid: string },
    );
    const named = pages.flatMap((page) => [...text(page).matchAll(/`\/d\/([\w-]+)`/g)].map(([, uid]) => uid));
    expect(named.length).toBeGreaterThan(alertNames.length);
    expect(there.map(({ uid }) => uid)).toEqual(expect.arrayContaining([...new Set(named)]));
  });

  it('have commands that there are', () => {
    const lab = /^npm run lab(?: -- (?:status|restart(?: \w+)?|stop|kill [\w-]+|scale \w+=\d+))?$/;
    const commands = blocks('sh').map(({ page, line }) => ({ page, line: line.replace(/ +#.*$/, '') }));
    const ours = commands.filter(({ line }) => line.startsWith('npm run '));
    expect(ours.length).toBeGreaterThan(20);
    for (const { page, line } of ours) {
      const events = /^npm run events -- (.+)$/.exec(line)?.[1];
      if (events) expect([page, failureOf(() => parseCommand(events.split(' '), 0))]).toEqual([page, null]);
      else expect([page, line]).toEqual([page, expect.stringMatching(lab)]);
    }
  });

  it('link to pages that there are', () => {
    const links = pages.flatMap((page) =>
      [...text(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => ({ page, target })),
    );
    const dead = links.filter(
      ({ target }) => !/^https?:/.test(target) && globSync(target, { cwd: RUNBOOKS }).length === 0,
    );
    expect(dead).toEqual([]);
  });
});

function failureOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
