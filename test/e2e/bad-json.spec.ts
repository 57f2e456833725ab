import { anOrder } from '../builders/order.builder.js';
import { startWaybill, type Waybill } from '../harness.js';
import { refusal, send, sendBytes } from './http.js';
import { Stage } from './stage.js';
import { unharmed } from './unharmed.js';

const MALFORMED = '400 REQUEST.MALFORMED_JSON';
const INVALID = '400 REQUEST.INVALID';
const UNSUPPORTED = '415 REQUEST.UNSUPPORTED_MEDIA_TYPE';
const MIB = 1024 * 1024;
const PATH = '/api/v1/orders';

const good = anOrder().withNote('NOTE').build();
const order = JSON.stringify(good);
/** The order with a field more, written as it stands. */
const withField = (text: string) => order.replace('{', `{${text},`);
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);

describe('a body', () => {
  let waybill: Waybill;
  let stage: Stage;

  beforeAll(async () => {
    waybill = await startWaybill();
    stage = await Stage.set(waybill);
  });
  afterAll(() => waybill?.stop());

  const post = (body: unknown, headers: Record<string, string> = {}) =>
    send(waybill.url, 'POST', PATH, { body, headers, token: stage.owner.accessToken });

  it.each([
    ['cut short', order.slice(0, -1), MALFORMED],
    ['with a comma too many', order.replace(/\}$/, ',}'), MALFORMED],
    ['with single quotes', order.replaceAll('"', "'"), MALFORMED],
    ['with a comment', `${order} // please`, MALFORMED],
    ['twice', order + order, MALFORMED],
    ['with a line break in a text', order.replace('NOTE', 'a\nb'), MALFORMED],
    ['with a wrong escape', order.replace('NOTE', '\\x41'), MALFORMED],
    ['with a NUL byte outside of texts', `${order}\u0000`, MALFORMED],
    ['that is a form', 'sku=MUG-001&quantity=1', MALFORMED],
    ['of blanks', ' \n ', MALFORMED],
    ['that is empty', '', INVALID],
    ['in UTF-16', Buffer.from(`\ufeff${order}`, 'utf16le'), MALFORMED],
    ['that is not UTF-8', Buffer.from(order.replace('NOTE', 'caf\u00e9'), 'latin1'), MALFORMED],
    ['that is compressed', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), MALFORMED],
    ['10,000 arrays deep', nested('[', ']', 10_000), MALFORMED],
    ['10,000 objects deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, MALFORMED],
    ['10,000 deep in an unknown field', withField(`"deep":${nested('[', ']', 10_000)}`), MALFORMED],
    ['of 10,000 opening brackets', '['.repeat(10_000), MALFORMED],
    ['with __proto__', withField('"__proto__":{"isAdmin":true}'), MALFORMED],
    ['with __proto__ in escapes', withField('"\\u005f\\u005fproto__":{"isAdmin":true}'), MALFORMED],
    [
      'with __proto__ further down',
      order.replace('"method"', '"__proto__":{"method":"card"},"method"'),
      MALFORMED,
    ],
    ['with constructor.prototype', withField('"constructor":{"prototype":{"isAdmin":true}}'), MALFORMED],
    ['with a constructor', withField('"constructor":{"name":"Order"}'), INVALID],
    ['with the name of a method for a field', withField('"hasOwnProperty":1'), INVALID],
    ['with an empty name for a field', withField('"":1'), INVALID],
    [
      'with 10,000 unknown fields',
      withField(Array.from({ length: 10_000 }, (_, i) => `"f${i}":1`).join(',')),
      INVALID,
    ],
    ['just under 128 KiB', order.replace('NOTE', 'x'.repeat(MIB / 8 - 1000)), INVALID],
    ['over 128 KiB', order.replace('NOTE', 'x'.repeat(MIB / 8)), '413 REQUEST.TOO_LARGE'],
    ['of 20 MiB', Buffer.alloc(20 * MIB, 0x20), '413 REQUEST.TOO_LARGE'],
  ])('%s is refused, and nothing happens', async (_, body, expected) => {
    const answer = await unharmed(stage, () => post(body).catch(cutOff));
    if (answer !== null) expect(refusal(answer)).toBe(expected);
    else expect(expected).toBe('413 REQUEST.TOO_LARGE');
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/problem+json',
    'application/json-patch+json',
    'application/json, text/html',
    'application',
    '*/*',
  ])('that says that it is %s is refused', async (type) => {
    const answer = await unharmed(stage, () => post(order, { 'content-type': type }));
    expect(refusal(answer)).toBe(UNSUPPORTED);
  });

  it('that does not say what it is is refused', async () => {
    const answer = await unharmed(stage, () =>
      sendBytes(waybill.url, head(`Content-Length: ${Buffer.byteLength(order)}`) + latin1(order)),
    );
    expect(refusal(answer)).toBe(UNSUPPORTED);
  });

  it.each([
    // What is left over is taken for a next request, and may be refused first.
    ['longer than it says', ['Content-Length: 10', 'Content-Type: application/json'], '400 REQUEST.'],
    ['of a negative length', ['Content-Length: -1'], INVALID],
    ['of two lengths', ['Content-Length: 5', `Content-Length: ${order.length}`], INVALID],
    ['of a length and in chunks', [`Content-Length: ${order.length}`, 'Transfer-Encoding: chunked'], INVALID],
    ['in chunks that are none', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], INVALID],
    ['after 64 KiB of headers', [`X-Filler: ${'x'.repeat(65_536)}`], INVALID],
  ])('%s is refused', async (_, headers, expected) => {
    const answer = await unharmed(stage, () => sendBytes(waybill.url, head(...headers) + latin1(order)));
    expect(refusal(answer)).toContain(expected);
  });

  it.each([
    ['with a byte order mark', `\ufeff${order}`],
    ['with blanks around it', `\r\n\t ${order} \n`],
    ['with a charset', order],
  ])('%s is read all the same', async (what, body) => {
    const type = what === 'with a charset' ? 'application/json; charset=utf-8' : 'application/json';
    expect((await post(body, { 'content-type': type })).status).toBe(201);
  });

  it('that has a field twice counts by the last', async () => {
    const twice = withField('"note":"first","items":[]').replace('NOTE', 'last');
    const answer = await post(twice);
    expect([answer.status, (JSON.parse(answer.text) as { note: string }).note]).toEqual([201, 'last']);
  });

  it('may hold as many brackets in a text as it likes', async () => {
    const note = nested('[{"', '"}]', 150);
    const answer = await post({ ...good, note });
    expect([answer.status, (JSON.parse(answer.text) as { note: string }).note]).toEqual([201, note]);
  });

  it('of a GET is not looked at', async () => {
    const bytes = head('Content-Type: application/json', 'Content-Length: 3').replace('POST', 'GET');
    expect((await sendBytes(waybill.url, `${bytes}{"a`)).status).toBe(200);
  });

  function head(...headers: string[]): string {
    const token = `Authorization: Bearer ${stage.owner.accessToken}`;
    return [`POST ${PATH} HTTP/1.1`, 'Host: waybill', 'Connection: close', token, ...headers, '', ''].join(
      '\r\n',
    );
  }
});

/** A server that refuses what is still being sent may close before its answer is read. */
function cutOff(error: unknown): null {
  const { cause } = error as { cause?: { code?: string } };
  if (cause?.code === 'EPIPE' || cause?.code === 'ECONNRESET') return null;
  throw error;
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
