import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refused, ServerAway } from './sender.js';
import { WebhookSmsSender } from './webhook-sms-sender.js';

const sms = {
  id: '0199c0de-0000-7000-8000-00000000000a',
  to: '+4915112345678',
  text: 'Your order is on its way.',
};
const signal = new AbortController().signal;

describe('WebhookSmsSender', () => {
  const received: { headers: Record<string, unknown>; body: unknown }[] = [];
  let server: Server;
  let status: number;
  let port: number;

  beforeEach(async () => {
    received.length = 0;
    status = 204;
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      request.on('end', () => {
        received.push({ headers: request.headers, body: JSON.parse(text) });
        response.writeHead(status, { Location: '/elsewhere' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const failure = (url = `http://127.0.0.1:${port}/sms`) =>
    new WebhookSmsSender(url).send(sms, signal).then(
      () => null,
      (error: unknown) => error as Error,
    );

  it('posts the message under its id, with the credentials of the URL as a header', async () => {
    expect(await failure(`http://user:pa%3Ass@127.0.0.1:${port}/sms`)).toBeNull();
    expect(received).toEqual([
      {
        headers: expect.objectContaining({
          'idempotency-key': sms.id,
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from('user:pa:ss').toString('base64')}`,
        }) as Record<string, unknown>,
        body: { id: sms.id, to: sms.to, text: sms.text },
      },
    ]);
  });

  it.each([400, 404, 422])('takes %d for a refusal', async (code) => {
    status = code;
    expect(await failure()).toBeInstanceOf(Refused);
  });

  it.each([401, 408, 429, 500, 503])('takes %d for something that passes', async (code) => {
    status = code;
    const error = await failure();
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Refused);
  });

  it('does not follow a redirect with somebody’s number', async () => {
    status = 307;
    expect(await failure()).toBeInstanceOf(Error);
    expect(received).toHaveLength(1);
  });

  it('tells that nobody is there', async () => {
    server.close();
    expect(await failure()).toBeInstanceOf(ServerAway);
  });
});
