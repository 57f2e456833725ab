/** An example on the API page that only works with something of the reader's own, such as the id of an order. */
export interface Placeholder {
  /** What stands right before the example, in an address or in a JSON body. */
  before: string;
  example: string;
  /** Answers to requests below this path tell what to put there. */
  from: string;
  /** The field of the answer, or of the last item of its `data`. */
  field: string;
}

interface PageResponse {
  ok?: boolean;
  url?: string;
  body?: Record<string, unknown> & { data?: Record<string, unknown>[] };
}

interface PageRequest {
  url: string;
  body?: unknown;
}

interface Page {
  ui?: {
    preauthorizeApiKey(scheme: string, token: string): void;
    getConfigs(): { placeholders?: Placeholder[] };
  };
  /** What was seen for each placeholder, by its index. */
  seen?: Record<number, string>;
}

/**
 * Runs in the browser, from its source text, after each answer: the page goes on with the token of a login, and
 * keeps what the placeholders stand for.
 */
export function remember(response: PageResponse): PageResponse {
  const page = globalThis as Page;
  const { ok, url, body } = response;
  if (!ok || !page.ui || typeof body !== 'object' || body === null) return response;
  if (typeof body['accessToken'] === 'string') page.ui.preauthorizeApiKey('bearer', body['accessToken']);
  const path = new URL(String(url), 'http://page').pathname;
  const seen = (page.seen ??= {});
  for (const [index, { from, field }] of (page.ui.getConfigs().placeholders ?? []).entries()) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    const value = body[field] ?? body.data?.at(-1)?.[field];
    if (typeof value === 'string') seen[index] = value;
  }
  return response;
}

/** Runs in the browser, from its source text, before each request: puts in what was seen for the placeholders. */
export function fill(request: PageRequest): PageRequest {
  const page = globalThis as Page;
  for (const [index, { before, example }] of (page.ui?.getConfigs().placeholders ?? []).entries()) {
    const value = page.seen?.[index];
    if (value === undefined) continue;
    request.url = request.url.replace(before + example, before + value);
    if (typeof request.body === 'string')
      request.body = request.body.replace(before + example, before + value);
  }
  return request;
}
