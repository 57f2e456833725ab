import type { IncomingMessage } from 'node:http';

/** Between two neighbours only (RFC 9110, 7.6.1). Expect has been answered by our own server. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
]);

/** What a client says of itself is not to be believed. */
const SPOOFABLE = /^(?:x-forwarded-.*|forwarded|x-real-ip)$/;

const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** The headers of a request as the process behind the proxy gets them: names and values in turn. */
export function requestHeaders(request: IncomingMessage): string[] {
  const { headers, method = 'GET', socket } = request;
  const kept = endToEnd(request).filter(([name]) => !SPOOFABLE.test(name.toLowerCase()));
  if (headers.host !== undefined) kept.push(['X-Forwarded-Host', headers.host]);
  else kept.push(['Host', 'localhost']); // HTTP/1.0 has none, and we speak 1.1.
  kept.push(['X-Forwarded-For', socket.remoteAddress ?? ''], ['X-Forwarded-Proto', 'http']);
  // Without it Node would announce chunks, and an empty body is not the same as none.
  if (METHODS_WITH_BODY.has(method) && !hasBody(request)) kept.push(['Content-Length', '0']);
  return kept.flat();
}

/** The headers of an answer as the client gets them; how it is framed is between the client and us. */
export function responseHeaders(response: IncomingMessage): string[] {
  return endToEnd(response)
    .filter(([name]) => name.toLowerCase() !== 'transfer-encoding')
    .flat();
}

/** The only upgrade there is: another offer, such as of HTTP/2, is ignored, as HTTP allows. */
export function asksForWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Whether the message says that a body follows, be it an empty one. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function endToEnd({ rawHeaders, headers }: IncomingMessage): [string, string][] {
  const named = (headers.connection ?? '').split(',').map((token) => token.trim().toLowerCase());
  // Framing stays as it is, whatever Connection says: without it the body's end is not known.
  const dropped = new Set([...HOP_BY_HOP, ...named.filter((name) => !FRAMING.has(name))]);
  const kept: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!dropped.has(name.toLowerCase())) kept.push([name, value]);
  }
  return kept;
}

const FRAMING = new Set(['content-length', 'transfer-encoding', 'host']);
