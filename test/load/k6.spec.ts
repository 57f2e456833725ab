import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { openStage, type Stage } from '../chaos/stage.js';

const ROOT = resolve(__dirname, '../..');
const SCRIPTS = join(__dirname, 'k6');
const run = promisify(execFile);

interface Result {
  scenarios: Record<string, { executor: string }>;
  /** All that was added to each metric. */
  sums: Record<string, number>;
  missed: string[];
  complaint: string | null;
}

describe('the k6 scripts, one iteration after the other against a real Waybill', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage();
    await stage.start();
  });

  afterAll(() => stage?.close());

  async function play(script: string, iterations: number, env: Record<string, string> = {}) {
    const program = [join(ROOT, 'scripts/run-ts.js'), join(__dirname, 'k6-shim/main.ts')];
    const { stdout } = await run(process.execPath, [...program, join(SCRIPTS, script), String(iterations)], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], BASE_URL: stage.url, USERS: '2', ...env },
    });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { request?: string; status?: number; result?: Result });
    const result = lines.at(-1)?.result;
    if (!result) throw new Error(stdout);
    const requests = lines
      .filter(({ request }) => request)
      .map(({ request, status }) => `${status} ${request}`);
    return { ...result, requests };
  }

  async function fault(kind: object | null): Promise<void> {
    const method = kind ? 'POST' : 'DELETE';
    const body = kind ? { body: JSON.stringify(kind), headers: { 'content-type': 'application/json' } } : {};
    expect((await fetch(`${stage.gatewayUrl}/faults`, { method, ...body })).ok).toBe(true);
  }

  const VISIT = [
    '200 GET /products',
    '200 GET /products/:sku',
    '200 GET /inventory/:sku',
    '201 POST /orders',
    '200 GET /orders/:id',
  ];
  const WELL = { failed: 0, refused: 0, wrong: 0 };

  it('smoke: a visit whose order is cancelled again', async () => {
    const { requests, sums, missed, complaint } = await play('smoke.ts', 2);
    expect(requests.slice(-6)).toEqual([...VISIT, '200 DELETE /orders/:id']);
    expect(sums).toMatchObject({ ...WELL, orders_placed: 2, checks: 8 });
    expect([missed, complaint]).toEqual([[], null]);
    const rows = await stage.sql('SELECT status, count(*)::int AS n FROM orders.orders GROUP BY status');
    expect(rows).toEqual([{ status: 'cancelled', n: 2 }]);
  });

  it.each(['average.ts', 'soak.ts'])('%s: the shelves are filled, and customers visit', async (script) => {
    const { requests, sums, missed, scenarios } = await play(script, 3);
    expect(requests.filter((each) => each === '200 POST /inventory/adjust')).toHaveLength(23);
    expect(requests.slice(-5)).toEqual(VISIT);
    expect(sums).toMatchObject({ ...WELL, orders_placed: 3 });
    expect(missed).toEqual([]);
    expect(Object.values(scenarios).map(({ executor }) => executor)).toEqual([
      expect.stringMatching(/^(constant|ramping)-arrival-rate$/),
    ]);
  });

  it('stress: orders alone, and refusals are no failures', async () => {
    const { requests, sums, missed } = await play('stress.ts', 3);
    expect(requests.slice(-3)).toEqual(['201 POST /orders', '201 POST /orders', '201 POST /orders']);
    expect([sums, missed]).toEqual([expect.objectContaining({ ...WELL, orders_placed: 3 }), []]);
    await fault({ kind: 'error', rate: 1, status: 503, forSeconds: 60 });
    const away = await play('stress.ts', 1);
    await fault(null);
    expect(away.requests.at(-1)).toBe('503 POST /orders');
    expect(away.sums).toMatchObject({ refused: 1, failed: 0, orders_placed: 0 });
    expect(away.missed).toEqual(['orders_placed: count>0']);
  });

  it('spike: sells what is there and nothing more, and counts the stock afterwards', async () => {
    const { requests, sums, missed, complaint } = await play('spike.ts', 5, { STOCK: '3' });
    expect(sums).toMatchObject({ ...WELL, orders_placed: 3, sold_out: 2 });
    expect(requests.slice(-3)).toEqual([
      '200 GET /inventory/:sku',
      '200 GET /orders',
      '200 PUT /products/:sku',
    ]);
    expect([missed, complaint]).toEqual([[], null]);
  });

  it('spike: says so when more is gone from the stock than was sold', async () => {
    // Somebody takes one away while the sale is on.
    await stage.sql(`
      CREATE FUNCTION inventory.leak() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.on_hand := NEW.on_hand - 1; RETURN NEW; END $$;
      CREATE TRIGGER leak BEFORE UPDATE ON inventory.stock FOR EACH ROW
        WHEN (NEW.sku LIKE 'SALE-%' AND NEW.on_hand < OLD.on_hand) EXECUTE FUNCTION inventory.leak()`);
    const { sums, missed, complaint } = await play('spike.ts', 1, { STOCK: '5' });
    await stage.sql('DROP TRIGGER leak ON inventory.stock; DROP FUNCTION inventory.leak()');
    expect(sums).toMatchObject({ orders_placed: 1, wrong: 1 });
    expect(missed).toEqual(['wrong: count==0']);
    expect(complaint).toMatch(/SALE-\w+: of 5 there are {.*"onHand":3,.*}, and 1 orders/);
  });

  it('miss their objectives when orders are declined', async () => {
    const { sums, missed } = await play('average.ts', 2, { CARD_TOKEN: 'tok_declined' });
    expect(sums).toMatchObject({ failed: 2, orders_placed: 0 });
    expect(missed).toEqual(['failed: rate<=0.001', 'orders_placed: count>0']);
  });

  it('are all in the ConfigMap that Kubernetes mounts', () => {
    const { configMapGenerator } = parse(readFileSync(join(SCRIPTS, 'kustomization.yaml'), 'utf8')) as {
      configMapGenerator: { files: string[] }[];
    };
    expect(configMapGenerator[0]?.files.toSorted()).toEqual(
      readdirSync(SCRIPTS)
        .filter((name) => name.endsWith('.ts'))
        .toSorted(),
    );
  });

  it('have the objectives of the alerts', () => {
    const objectives = readFileSync(join(SCRIPTS, 'objectives.ts'), 'utf8');
    const rules = readFileSync(
      join(ROOT, 'deploy/compose/observability/prometheus/rules/recording.yml'),
      'utf8',
    );
    const [, errors] = /record: service:error_budget:burn_rate5m\n.*\/ ([\d.]+)/.exec(rules) ?? [];
    const [, slow] = /record: service:latency_budget:burn_rate5m\n.*\/ ([\d.]+)/.exec(rules) ?? [];
    const [, bound] = /service:http_requests_slow:rate5m[\s\S]*?le="([\d.]+)"/.exec(rules) ?? [];
    expect(objectives).toContain(`failed: ['rate<=${errors}']`);
    expect(objectives).toContain(
      `http_req_duration: ['p(${100 - Number(slow) * 100})<=${Number(bound) * 1000}']`,
    );
  });
});
