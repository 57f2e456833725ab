import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { MODULE_NAMES } from '../../src/modules.js';
import { eventually } from '../../test/eventually.js';
import { rawRequest } from '../../test/raw-http.js';
import { Proxy } from './proxy.js';
import { PARTS, type Part } from './routes.js';
import { type Upstream, Upstreams } from './upstreams.js';

type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

/** A small server behind the proxy, which remembers what it was asked. */
class Backend implements Upstream {
  readonly asked: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
  isReady = true;
  answerReady = (response: ServerResponse): unknown => response.writeHead(this.isReady ? 200 : 503).end();
  answer: Answerer = (_request, response) => void response.end(this.name);
  readonly server: Server;
  port = 0;

  constructor(
    readonly name: string,
    readonly parts: readonly Part[],
  ) {
    this.server = createServer((incoming, response) => {
      const { method = '', url = '', headers } = incoming;
      if (url === '/ready') return void this.answerReady(response);
      this.asked.push({ method, url, headers });
      this.answer(incoming, response);
    });
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

describe('the proxy', () => {
  let upstreams: Upstreams;
  let proxy: Proxy;
  const backends: Backend[] = [];

  beforeEach(async () => {
    upstreams = new Upstreams();
    proxy = await Proxy.listen(upstreams, 0);
  });
  afterEach(async () => {
    upstreams.close();
    await proxy.close();
    for (const { server } of backends.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function backend(name: string, parts: readonly Part[] = MODULE_NAMES): Promise<Backend> {
    const made = new Backend(name, parts);
    await made.listen();
    backends.push(made);
    upstreams.add(made);
    return made;
  }

  /** Sends just this, and answers all that comes until the connection ends. */
  async function bare(text: string): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(proxy.url).port) });
    let heard = '';
    socket.on('data', (data: Buffer) => (heard += String(data)));
    socket.write(text);
    await once(socket, 'close');
    return heard;
  }

  async function get(path: string): Promise<string> {
    const answer = await fetch(proxy.url + path);
    return answer.ok ? answer.text() : String(answer.status);
  }

  it('says what to do about a port that is taken', async () => {
    const port = Number(new URL(proxy.url).port);
    await expect(Proxy.listen(upstreams, port)).rejects.toThrow(
      `Port ${port} is in use: stop what listens there, or set LAB_PORT.`,
    );
  });

  describe('routes', () => {
    it.each([
      ['/api/v1/orders', 'orders'],
      ['/api/v1/orders/1/events?limit=2', 'orders'],
      ['/api/v1/products?limit=1', 'catalog'],
      ['/api/v1/users/login', 'users'],
      ['/api/v1/inventory/MUG-001', 'inventory'],
      ['/api/v1/payments', 'payments'],
      ['/api/v1/notifications', 'notifications'],
      ['/api/v1/events/payments', 'payments'],
      ['/api/v1/events/orders/dead-letters?limit=5', 'orders'],
      ['/ws', 'notifications'],
    ])('sends %s to a process that hosts its module', async (path, module) => {
      for (const name of MODULE_NAMES) await backend(name, [name]);
      expect(await get(path)).toBe(module);
    });

    it.each([
      ['/', 'frontend'],
      ['/products/MUG-001?x=1', 'frontend'],
      ['/no/such/page', 'frontend'],
      ['/assets/index-1.js', 'frontend'],
      ['/images/products/mug-001.svg', 'catalog'],
    ])('sends %s to %s where the web page has a process', async (path, part) => {
      await proxy.close();
      proxy = await Proxy.listen(upstreams, 0, { frontend: true });
      for (const name of PARTS) await backend(name, [name]);
      expect(await get(path)).toBe(part);
      for (const hidden of ['/ready', '/health', '/metrics', '/docs', '/docs-json', '/api/v1/x', '/ws/x'])
        expect([hidden, await get(hidden)]).toEqual([hidden, '404']);
      expect((await fetch(proxy.url, { method: 'POST' })).status).toBe(404);
    });

    it.each([
      ['/'],
      ['/ready'],
      ['/metrics'],
      ['/docs'],
      ['/api/v1'],
      ['/api/v1/ordersx'],
      ['/api/v1/events'],
      ['/api/v1//orders'],
      ['//api/v1/orders'],
      ['/x/../api/v1/orders'],
      ['/ws/other'],
      ['/API/V1/orders'],
    ])('answers %s itself, with a problem', async (path) => {
      const { asked } = await backend('all');
      const { status, headers, text } = await rawRequest(proxy.url, path);
      expect([status, headers['content-type']]).toEqual([404, 'application/problem+json']);
      expect(JSON.parse(text)).toMatchObject({ status: 404, code: 'GATEWAY.NOT_FOUND', instance: path });
      expect(asked).toEqual([]);
    });
  });

  describe('chooses', () => {
    it('each process in its turn', async () => {
      for (const name of ['one', 'two', 'three']) await backend(name, ['orders']);
      const answers: string[] = [];
      for (let count = 0; count < 6; count++) answers.push(await get('/api/v1/orders'));
      expect(answers).toEqual(['one', 'two', 'three', 'one', 'two', 'three']);
    });

    it('another process when one does not listen, for any method', async () => {
      const dead = await backend('dead');
      await backend('alive');
      await dead.close();
      const post = () => fetch(`${proxy.url}/api/v1/orders`, { method: 'POST', body: 'x'.repeat(100_000) });
      const answers = await Promise.all([post(), post(), post()]);
      expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['alive', 'alive', 'alive']);
    });

    it('nobody when there is nobody, and says when to try again', async () => {
      const answer = await fetch(`${proxy.url}/api/v1/orders`);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await answer.json()).toMatchObject({ code: 'GATEWAY.UNAVAILABLE', status: 503 });
    });

    it('nobody who says that it is not ready, until it is ready again', async () => {
      const one = await backend('one');
      await backend('two');
      const names = async () =>
        new Set(await Promise.all(Array.from({ length: 6 }, () => get('/api/v1/orders'))));
      one.isReady = false;
      await eventually(async () => expect(await names()).toEqual(new Set(['two'])));
      one.isReady = true;
      await eventually(async () => expect(await names()).toEqual(new Set(['one', 'two'])));
    });

    it('nobody who was taken out; that waits for what it still answers', async () => {
      const one = await backend('one');
      let release = () => undefined as unknown;
      one.answer = (_request, response) => (release = () => response.end('late'));
      const late = get('/api/v1/orders');
      await eventually(() => expect(one.asked).toHaveLength(1));
      let removed = false;
      const removal = upstreams.remove(one).then(() => (removed = true));
      expect(await get('/api/v1/orders')).toBe('503');
      expect(removed).toBe(false);
      release();
      expect(await late).toBe('late');
      await removal;
    });
  });

  describe('takes a process out', () => {
    it('not when it is slow to say once that it is ready', async () => {
      const one = await backend('one');
      const seen: boolean[] = [];
      let asked = 0;
      one.answerReady = (response) => {
        asked += 1;
        seen.push(upstreams.isHealthy(one));
        if (asked > 1) response.end();
      };
      await eventually(() => expect(asked).toBeGreaterThan(2), 10_000);
      expect(seen).not.toContain(false);
      expect(await get('/api/v1/orders')).toBe('one');
    });

    it('when it says nothing again and again', async () => {
      const one = await backend('one');
      one.answerReady = () => undefined;
      await eventually(() => expect(upstreams.isHealthy(one)).toBe(false), 15_000);
      expect(await get('/api/v1/orders')).toBe('503');
      one.answerReady = (response) => response.end();
      await eventually(() => expect(upstreams.isHealthy(one)).toBe(true), 10_000);
    });
  });

  describe('when a process ends with a request in hand', () => {
    const cut: Answerer = ({ socket }) => void socket.resetAndDestroy();

    it('asks another one what changes nothing', async () => {
      const one = await backend('one');
      await backend('two');
      one.answer = cut;
      expect(await get('/api/v1/orders')).toBe('two');
      expect(one.asked).toHaveLength(1);
    });

    it.each(['POST', 'PUT', 'DELETE'])(
      'does not send a %s again, and says that it does not know',
      async (method) => {
        for (const name of ['one', 'two']) (await backend(name)).answer = cut;
        const answer = await fetch(`${proxy.url}/api/v1/orders`, { method });
        expect(answer.status).toBe(502);
        expect(await answer.json()).toMatchObject({ code: 'GATEWAY.BAD_GATEWAY', status: 502 });
        expect(backends.flatMap(({ asked }) => asked)).toHaveLength(1);
      },
    );

    it('breaks off an answer that has begun', async () => {
      (await backend('one')).answer = ({ socket }, response) => {
        response.writeHead(200, { 'Content-Length': '10' });
        response.write('12345', () => socket.destroy());
      };
      await expect(get('/api/v1/orders')).rejects.toThrow('terminated');
    });
  });

  describe('passes on', () => {
    it('who the client is, and nothing that the client says of that', async () => {
      const { asked } = await backend('one');
      const spoofed = {
        'X-Forwarded-For': '6.6.6.6',
        'x-forwarded-host': 'evil.example',
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Port': '1',
        'X-Real-IP': '6.6.6.6',
        Forwarded: 'for=6.6.6.6',
        Connection: 'close, X-Secret',
        'X-Secret': 'for the neighbour only',
        'X-Kept': 'yes',
        Host: 'shop.example',
      };
      await rawRequest(proxy.url, '/api/v1/orders?a=%2F', { headers: spoofed });
      const [{ url, headers } = { url: '', headers: {} }] = asked;
      expect(url).toBe('/api/v1/orders?a=%2F');
      expect(headers).toEqual({
        connection: 'close',
        host: 'shop.example',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'shop.example',
        'x-forwarded-proto': 'http',
        'x-kept': 'yes',
      });
    });

    it('the answer with all its headers, keeping the connection that its process closes', async () => {
      (await backend('one')).answer = (_request, response) => {
        response.writeHead(201, [
          'Set-Cookie',
          'a=1',
          'Set-Cookie',
          'b=2',
          'Connection',
          'close',
          'X-Own',
          'ü',
        ]);
        response.end('made');
      };
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const ports = new Set<number | undefined>();
      for (let count = 0; count < 3; count++) {
        const sent = request(`${proxy.url}/api/v1/orders`, { agent }).end();
        const [answer] = (await once(sent, 'response')) as [IncomingMessage];
        ports.add(answer.socket.localPort);
        answer.resume();
        await once(answer, 'end');
        expect(answer.statusCode).toBe(201);
        expect(answer.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], connection: 'keep-alive' });
      }
      expect(ports.size).toBe(1);
      agent.destroy();
    });

    it('bodies piece by piece, in both directions', async () => {
      (await backend('one')).answer = (incoming, response) => void incoming.pipe(response);
      const sent = request(`${proxy.url}/api/v1/orders`, { method: 'POST', agent: false });
      sent.write('ping');
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      const heard: string[] = [];
      for await (const piece of answer) {
        heard.push(String(piece));
        if (heard.length === 1) sent.end('pong');
      }
      expect(heard).toEqual(['ping', 'pong']);
    });

    it('a mebibyte', async () => {
      (await backend('one')).answer = (incoming, response) => void incoming.pipe(response);
      const body = Buffer.alloc(1024 * 1024, 'é');
      const answer = await fetch(`${proxy.url}/api/v1/orders`, { method: 'POST', body });
      expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
    });

    it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'GET'])(
      '%s without a body as one without a body',
      async (method) => {
        const { asked } = await backend('one');
        await bare(`${method} /api/v1/orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        expect(asked[0]?.headers['transfer-encoding']).toBeUndefined();
        expect(asked[0]?.headers['content-length'] ?? '0').toBe('0');
      },
    );

    it.each([
      ['announced', 0],
      ['in pieces', 1024 * 1024],
    ])(
      'the refusal of a body that is too long, %s, though the connection ends with it',
      async (how, limit) => {
        (await backend('one')).answer = (incoming, response) => {
          const refuse = () => response.writeHead(413, { Connection: 'close' }).end('too long');
          let length = 0;
          if (limit === 0) refuse();
          else
            incoming.on('data', (chunk: Buffer) => {
              if (length <= limit && (length += chunk.length) > limit) refuse();
            });
        };
        for (let count = 0; count < 10; count++) {
          const headers = limit === 0 ? { 'Content-Length': 8_000_000 } : { 'Transfer-Encoding': 'chunked' };
          const sent = request(`${proxy.url}/api/v1/orders`, { method: 'POST', headers, agent: false });
          sent.on('error', () => undefined);
          sent.end(Buffer.alloc(8_000_000));
          const [answer] = (await once(sent, 'response')) as [IncomingMessage];
          expect(answer.statusCode).toBe(413);
          expect(String((await once(answer, 'data'))[0])).toBe('too long');
          sent.destroy();
        }
      },
    );

    it('an answer in pieces to a client that knows no pieces', async () => {
      (await backend('one')).answer = (_request, response) => {
        response.write('one,');
        response.end('two');
      };
      expect(await bare('GET /api/v1/orders HTTP/1.0\r\n\r\n')).toMatch(/\r\n\r\none,two$/);
    });

    it('that the client has gone', async () => {
      const one = await backend('one');
      let ended = false;
      one.answer = ({ socket }) => void socket.on('close', () => (ended = true));
      const abort = new AbortController();
      const asked = fetch(`${proxy.url}/api/v1/orders`, { method: 'POST', signal: abort.signal });
      await eventually(() => expect(one.asked).toHaveLength(1));
      abort.abort();
      await expect(asked).rejects.toThrow('aborted');
      await eventually(() => expect(ended).toBe(true));
    });
  });

  describe('with WebSockets', () => {
    it('joins the client with a process, and parts them when either goes', async () => {
      const { server } = await backend('one', ['notifications']);
      const echo = new WebSocketServer({ server, path: '/ws' });
      echo.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
      const sockets: Socket[] = [];
      server.on('connection', (socket: Socket) => sockets.push(socket));
      const open = async () => {
        const client = new WebSocket(`${proxy.url.replace('http', 'ws')}/ws`, ['waybill', 'token']);
        await once(client, 'open');
        return client;
      };
      const [first, second] = [await open(), await open()];
      first.send('hello');
      expect(String((await once(first, 'message'))[0])).toBe('hello');
      first.close(4001);
      await eventually(() => expect(echo.clients.size).toBe(1));
      const closed = once(second, 'close');
      // As the kernel does it for a process that is killed.
      for (const socket of sockets) socket.resetAndDestroy();
      expect((await closed)[0]).toBe(1006);
    });

    it('passes on a refusal, and ends the connection: what follows must not go past the routes', async () => {
      const one = await backend('one', ['notifications']);
      one.server.on('upgrade', (_request, socket) => {
        socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno');
        socket.on('data', (data: Buffer) => one.asked.push({ method: String(data), url: '', headers: {} }));
      });
      const socket = connect({ host: '127.0.0.1', port: Number(new URL(proxy.url).port) });
      const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
      socket.write(
        `GET /ws HTTP/1.1\r\nHost: a\r\n${upgrade}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      );
      let heard = '';
      socket.on('data', (data: Buffer) => {
        if (heard === '') socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
        heard += String(data);
      });
      socket.on('error', () => undefined);
      await once(socket, 'close');
      expect(heard).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
      expect(heard).toMatch(/\r\n\r\nno$/);
      expect(one.asked).toEqual([]);
    });

    it.each([
      ['/ws', 503],
      ['/api/v1/nothing', 404],
    ])('refuses an upgrade of %s that nobody can take', async (path, status) => {
      const client = new WebSocket(proxy.url.replace('http', 'ws') + path);
      const [, answer] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
      expect(answer.statusCode).toBe(status);
    });

    const OFFER_ALONE = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: close\r\nUpgrade: websocket\r\n\r\n';

    it('takes an offer that Connection does not name for an ordinary request', async () => {
      const { server, asked } = await backend('one', ['notifications']);
      let upgrades = 0;
      server.on('upgrade', (_request, socket) => {
        upgrades += 1;
        socket.destroy();
      });
      expect(await bare(OFFER_ALONE)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*one/);
      expect([upgrades, asked[0]?.headers.upgrade]).toEqual([0, undefined]);
    });

    it('cuts an upgrade that nobody asked for, and lives on when it is reset', async () => {
      const one = await backend('one', ['notifications']);
      const sockets: Socket[] = [];
      one.answer = ({ socket }) => {
        sockets.push(socket);
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      };
      expect(await bare(OFFER_ALONE)).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n[^]*GATEWAY\.BAD_GATEWAY/);
      await eventually(() => expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]));
      one.answer = (_request, response) => void response.end('alive');
      expect(await bare(OFFER_ALONE)).toContain('alive');
    });

    it('takes another offer to upgrade for an ordinary request', async () => {
      const { asked } = await backend('one');
      const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': '' };
      expect((await rawRequest(proxy.url, '/api/v1/orders', { headers })).text).toBe('one');
      expect(asked[0]?.headers.upgrade).toBeUndefined();
    });
  });
});
