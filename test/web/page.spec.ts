import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createFrontend } from '../../src/frontend/frontend.js';
import { startWaybill } from '../harness.js';

const BUILT = join(__dirname, '../../dist/web');
const BUDGET_BYTES = 250_000;

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
}

const manifest = JSON.parse(readFileSync(join(BUILT, '.vite/manifest.json'), 'utf8')) as Record<
  string,
  Chunk
>;

/** The scripts that are loaded before anything is shown: the entry, and what it imports. */
function firstLoad(): string[] {
  const needed = new Set<string>();
  const add = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    for (const each of manifest[name]?.imports ?? []) add(each);
  };
  for (const [name, { isEntry }] of Object.entries(manifest)) if (isEntry) add(name);
  return [...needed].map((name) => manifest[name]?.file ?? '').filter((file) => file.endsWith('.js'));
}

it('the scripts of the first load are less than 250 KB, gzipped', () => {
  const files = firstLoad();
  expect(files.length).toBeGreaterThan(0);
  const bytes = files.map((file) => gzipSync(readFileSync(join(BUILT, file))).length);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(BUDGET_BYTES);
});

const GRAFANA = 'http://grafana.example:3000/"><b>';

it('nothing of the back office is in the first load, nor a component that only it uses', () => {
  const scripts = firstLoad().map((file) => readFileSync(join(BUILT, file), 'utf8'));
  for (const text of ['/inventory/adjust', '@mantine/core/Table', '@mantine/core/Timeline'])
    expect([text, scripts.filter((script) => script.includes(text)).length]).toEqual([text, 0]);
});

interface Server {
  url: string;
  stop: () => Promise<unknown>;
}

async function startFrontend(): Promise<Server> {
  const frontend = await createFrontend({
    folder: BUILT,
    demo: true,
    grafanaUrl: GRAFANA,
    production: false,
  });
  const url = await frontend.listen({ port: 0, host: '127.0.0.1' });
  return { url, stop: () => frontend.close() };
}

it('its own process tells it where Grafana is, and nothing that could be taken for markup', async () => {
  const { url, stop } = await startFrontend();
  const text = await (await fetch(url, { headers: { accept: 'text/html' } })).text();
  expect(text).toContain('<meta name="waybill-grafana" content="http://grafana.example:3000/%22%3E%3Cb%3E"');
  await stop();
});

it('its own process is alive and ready', async () => {
  const { url, stop } = await startFrontend();
  for (const path of ['/health', '/ready'])
    expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
  await stop();
});

describe.each([
  ['the one process', startWaybill],
  ['its own process', startFrontend],
] as [string, () => Promise<Server>][])('the web page is served by %s', (_name, start) => {
  let waybill: Server;

  beforeAll(async () => {
    waybill = await start();
  });
  afterAll(() => waybill.stop());

  const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8';
  const get = (path: string, accept = BROWSER, method = 'GET') =>
    fetch(waybill.url + path, { method, headers: { accept }, redirect: 'manual' });
  const typeOf = (answer: Response) => answer.headers.get('content-type')?.split(';', 1)[0];

  it.each(['/', '/?q=mug', '/products/MUG-001', '/orders/7?x=1', '/no/such/page'])('at %s', async (path) => {
    const answer = await get(path);
    expect([answer.status, typeOf(answer)]).toEqual([200, 'text/html']);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(await answer.text()).toContain('<div id="root">');
  });

  it.each([
    '/api/v1/nothing',
    '/api',
    '/ws',
    '/metrics/x',
    '/health/x',
    '/docs-json/x',
    '/assets/none.js',
    '/images/none',
    '/.well-known/none',
  ])('not at %s: that is a problem, whoever asks, and kept by no browser', async (path) => {
    const answer = await get(path);
    expect([answer.status, typeOf(answer)]).toEqual([404, 'application/problem+json']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('to browsers only: for others an unknown address is a problem', async () => {
    for (const [accept, method] of [
      ['*/*', 'GET'],
      ['application/json', 'GET'],
      [BROWSER, 'POST'],
      [BROWSER, 'DELETE'],
    ]) {
      const answer = await get('/no/such/page', accept, method);
      expect([accept, method, answer.status, typeOf(answer)]).toEqual([
        accept,
        method,
        404,
        'application/problem+json',
      ]);
    }
  });

  it('with files that a browser keeps for good, since their names change with them', async () => {
    for (const file of firstLoad()) {
      const answer = await get(`/${file}`);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ]);
    }
  });

  it.each([
    '/assets/../index.html',
    '/assets/..%2f..%2fmain.js',
    '/assets/%2e%2e/%2e%2e/main.js',
    '/assets/..%5c..%5cmain.js',
    '/assets/%00',
    '/assets/.%2e/.vite/manifest.json',
    '/assets/',
    '/assets',
  ])('and nothing beside them: %s', async (path) => {
    const answer = await get(path, '*/*');
    expect([400, 403, 404]).toContain(answer.status);
    expect(typeOf(answer)).toBe('application/problem+json');
  });

  it('with a content policy that allows no inline script, and styles by a nonce that is used once', async () => {
    const seen = new Set<string>();
    for (let time = 1; time <= 2; time++) {
      const answer = await get('/');
      const policy = answer.headers.get('content-security-policy') ?? '';
      const [, nonce = ''] = /'nonce-([^']{20,})'/.exec(policy) ?? [];
      expect(policy).not.toMatch(/unsafe|\*|http:/);
      expect(policy).toContain("script-src 'self';");
      const page = await answer.text();
      expect(page).toContain(`nonce="${nonce}"`);
      expect(page).not.toMatch(/__|<script(?![^>]*\bsrc=)/);
      seen.add(nonce);
    }
    expect(seen.size).toBe(2);
  });
});
