import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isPage } from './page-paths.js';

/** What stands in the built page for what is different with each answer, or with each process. */
const NONCE = '__NONCE__';
const DEMO = '__DEMO__';
const GRAFANA = '__GRAFANA__';

export interface WebPage {
  /** The built page. */
  folder: string;
  /** Whether the page offers the demo's users. */
  demo: boolean;
  /** Where traces are shown, if anywhere. */
  grafanaUrl: string | null;
}

/** Whether a build of the page is there. */
export function hasWebPage(folder: string): boolean {
  return existsSync(join(folder, 'index.html'));
}

/**
 * Serves the web page: its files below /assets, whose names change with their content, and the page itself at `/` and
 * wherever a browser asks for a page that no route has, since the page has addresses of its own. No route is added
 * for these, so that what an unknown address is to clients of the API, to metrics and to traces stays as it is.
 */
export async function serveWebPage(
  fastify: FastifyInstance,
  { folder, demo, grafanaUrl }: WebPage,
): Promise<void> {
  const page = readFileSync(join(folder, 'index.html'), 'utf8')
    .replaceAll(DEMO, String(demo))
    // What could end the attribute is escaped in an address that has been parsed.
    .replaceAll(GRAFANA, () => (grafanaUrl === null ? '' : new URL(grafanaUrl).href));
  await fastify.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    decorateReply: false,
    index: false,
    dotfiles: 'deny',
    immutable: true,
    maxAge: '365d',
  });
  fastify.get('/', (_request, reply) => sendPage(reply, page));
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.is404 && asksForPage(request)) void sendPage(reply, page);
    else done();
  });
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  return reply
    .header('Content-Security-Policy', policy(nonce))
    .header('Cache-Control', 'no-cache')
    .type('text/html; charset=utf-8')
    .send(page.replaceAll(NONCE, nonce));
}

/** Pictures may come from where the catalogue says. `'self'` covers the WebSocket to the same host. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: https:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function asksForPage({ method, url, headers: { accept = '' } }: FastifyRequest): boolean {
  return method === 'GET' && accept.includes('text/html') && isPage(url.split('?', 1)[0] ?? '/');
}
