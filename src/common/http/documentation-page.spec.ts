import { createContext, runInContext } from 'node:vm';
import { fill, type Placeholder, remember } from './documentation-page.js';

const EXAMPLE = '0199c0de-0000-7000-8000-000000000001';
const placeholders: Placeholder[] = [
  { before: '/parcels/', example: EXAMPLE, from: '/parcels', field: 'id' },
  { before: '"parcelId": "', example: EXAMPLE, from: '/parcels', field: 'id' },
];

/** A browser's page: it has the functions' source text and nothing else of ours. */
function openPage() {
  const tokens: string[] = [];
  const page = createContext({
    URL,
    ui: {
      getConfigs: () => ({ placeholders }),
      preauthorizeApiKey: (_scheme: string, token: string) => tokens.push(token),
    },
  });
  const run = (fn: unknown, argument: unknown): Record<string, unknown> =>
    runInContext(`(${String(fn)})(${JSON.stringify(argument)})`, page) as Record<string, unknown>;
  return {
    tokens,
    answer: (response: unknown) => run(remember, response),
    ask: (request: unknown) => run(fill, request),
  };
}

describe('the API page', () => {
  it('goes on with the token of a login', () => {
    const page = openPage();
    page.answer({ ok: true, url: 'http://host/login', body: { accessToken: 'abc' } });
    page.answer({ ok: false, url: 'http://host/login', body: { accessToken: 'refused' } });
    expect(page.tokens).toEqual(['abc']);
  });

  it('puts the id that was seen last into addresses and bodies', () => {
    const page = openPage();
    page.answer({ ok: true, url: 'http://host/parcels', body: { data: [{ id: 'first' }, { id: 'last' }] } });
    expect(page.ask({ url: `http://host/parcels/${EXAMPLE}/history` })['url']).toBe(
      'http://host/parcels/last/history',
    );
    page.answer({ ok: true, url: 'http://host/parcels', body: { id: 'made' } });
    const body = JSON.stringify({ parcelId: EXAMPLE, weight: 1 }, null, 2);
    expect(page.ask({ url: 'http://host/other', body })['body']).toContain('"parcelId": "made"');
  });

  it('leaves alone what the reader has typed, other addresses, and examples of which nothing was seen', () => {
    const page = openPage();
    expect(page.ask({ url: `http://host/parcels/${EXAMPLE}` })['url']).toBe(`http://host/parcels/${EXAMPLE}`);
    page.answer({ ok: true, url: 'http://host/parcels', body: { id: 'made' } });
    page.answer({ ok: true, url: 'http://host/parcels-of-others', body: { id: 'other' } });
    expect(page.ask({ url: 'http://host/parcels/typed' })['url']).toBe('http://host/parcels/typed');
    expect(page.ask({ url: `http://host/people/${EXAMPLE}` })['url']).toBe(`http://host/people/${EXAMPLE}`);
    expect(page.ask({ url: `http://host/parcels/${EXAMPLE}` })['url']).toBe('http://host/parcels/made');
  });
});
