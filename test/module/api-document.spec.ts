import type { OpenAPIObject } from '@nestjs/swagger';
import { type Operation, operationsOf } from '../../src/common/http/openapi-document.js';
import { startWaybill, type Waybill } from '../harness.js';

interface Route extends Operation {
  path: string;
  summary?: string;
  tags?: string[];
}

describe('the API document', () => {
  let waybill: Waybill;
  let document: OpenAPIObject;
  let routes: Route[];

  beforeAll(async () => {
    waybill = await startWaybill();
    document = (await (await fetch(`${waybill.url}/docs-json`)).json()) as OpenAPIObject;
    routes = Object.entries(document.paths).flatMap(([path, item]) =>
      operationsOf({ ...document, paths: { [path]: item } }).map((operation) => ({ ...operation, path })),
    );
  });
  afterAll(() => waybill.stop());

  /** The routes that fail a check, by name, so that a failure says which. */
  const failing = (check: (route: Route) => boolean) =>
    routes.filter((route) => !check(route)).map(({ operationId }) => operationId);

  it('covers every module', () => {
    expect(routes.length).toBeGreaterThan(40);
    const used = new Set(routes.flatMap(({ tags }) => tags));
    expect([...used].sort()).toEqual((document.tags ?? []).map(({ name }) => name).sort());
  });

  it('names every operation once', () => {
    const ids = routes.map(({ operationId }) => operationId);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]*_[a-z][A-Za-z]*$/.test(id))).toEqual([]);
  });

  it('has a summary, a tag and an answer for every operation', () => {
    expect(failing(({ summary }) => Boolean(summary))).toEqual([]);
    expect(failing(({ tags }) => tags?.length === 1)).toEqual([]);
    expect(
      failing(({ responses }) => Object.keys(responses).some((status) => status.startsWith('2'))),
    ).toEqual([]);
    expect(failing(({ responses }) => 'default' in responses)).toEqual([]);
  });

  it('has a schema for every answer but 204', () => {
    const isWhole = ([status, { content }]: [string, Operation['responses'][string]]) =>
      status === '204'
        ? content === undefined
        : Object.values(content ?? {}).some(({ schema }) => schema !== undefined);
    expect(failing(({ responses }) => Object.entries(responses).every(isWhole))).toEqual([]);
  });

  it('declares the parameters that its paths have, and no others', () => {
    const inPath = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    const declared = ({ parameters = [] }: Route) =>
      parameters
        .filter((each) => each.in === 'path')
        .map(({ name }) => name)
        .sort();
    for (const route of routes)
      expect([route.path, declared(route)]).toEqual([route.path, inPath(route.path)]);
    expect(
      failing(({ parameters = [] }) =>
        parameters.every((each) => each.schema && (each.in !== 'path' || each.required)),
      ),
    ).toEqual([]);
  });

  it('points only at components that are there, and has none that nobody points at', () => {
    const pointed = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect([...new Set(pointed)].sort()).toEqual(Object.keys(document.components?.schemas ?? {}).sort());
    expect(JSON.stringify(document)).not.toMatch(/"\$ref":"#\/(?:\$defs|definitions)/);
  });

  it('has an example that can be sent with every body', () => {
    const bodies = routes.filter(({ requestBody }) => requestBody);
    expect(bodies.length).toBeGreaterThan(10);
    const without = bodies.filter(
      ({ requestBody }) => requestBody?.content['application/json']?.example === undefined,
    );
    expect(without.map(({ operationId }) => operationId)).toEqual([]);
  });

  it('asks for a token wherever the server does, and only there', async () => {
    for (const route of routes) {
      const method = Object.keys(document.paths[route.path] ?? {}).find(
        (name) =>
          (document.paths[route.path] as Record<string, Operation>)[name]?.operationId === route.operationId,
      );
      const path = route.path
        .replace(/\{sku\}/, 'MUG-001')
        .replace(/\{\w+\}/, '0199c0de-0000-7000-8000-00000000ffff');
      const { status } = await fetch(waybill.url + path, { method: method?.toUpperCase() ?? '' });
      const needsToken = route.security?.every((each) => 'bearer' in each) && route.security.length > 0;
      expect([route.operationId, status === 401]).toEqual([route.operationId, needsToken]);
    }
  });

  it('is served as a page that leads to it', async () => {
    const page = await fetch(`${waybill.url}/docs`);
    expect(page.status).toBe(200);
    for (const [, asset = ''] of (await page.text()).matchAll(/(?:src|href)="(\.\/[^"]+)"/g)) {
      expect([asset, (await fetch(new URL(asset, `${waybill.url}/`))).status]).toEqual([asset, 200]);
    }
  });
});
