import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { eventually } from '../../../../test/eventually.js';
import { Unavailable } from '../../../common/errors/common.errors.js';
import { AuthErrors } from '../../../common/security/auth.errors.js';
import { OperationsChannel } from '../../../common/operations/operations-channel.js';
import { OperationsDesk } from '../../../common/operations/operations-desk.js';
import type { Role } from '../../../common/security/principal.js';
import { Hub } from './hub.js';
import type { Tokens } from './live-connection.js';
import { LiveServer } from './live.server.js';
import { DEFAULT_LIMITS, type LiveLimits } from './live-limits.js';

const push = { type: 'orders.confirmed', data: { orderId: '1' }, userId: 'alice', staff: true };

const ROLES: Record<string, Role> = { sue: 'staff', ann: 'admin' };

/** Tokens are the user's name; what happens to a session is up to the test. */
class FakeTokens implements Tokens {
  expiresAt = new Date(Date.now() + 60_000);
  failure: Error | null = null;

  async verify(token: string) {
    await pause(1);
    if (this.failure) throw this.failure;
    if (this.expiresAt.getTime() <= Date.now()) throw AuthErrors.TOKEN_EXPIRED();
    if (token.startsWith('bad')) throw AuthErrors.TOKEN_INVALID();
    const roles: Role[] = [ROLES[token] ?? 'customer'];
    return { principal: { userId: token, sessionId: 's', roles }, expiresAt: this.expiresAt };
  }
}

/** A client that remembers what it heard. */
class Client {
  readonly heard: Record<string, unknown>[] = [];
  readonly closed: Promise<number>;
  readonly opened: Promise<void>;

  constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) =>
      this.heard.push(JSON.parse(data.toString('utf8')) as Record<string, unknown>),
    );
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    this.opened = new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    this.opened.catch(() => undefined);
  }

  async say(message: unknown): Promise<void> {
    await this.opened;
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async hears(count: number): Promise<void> {
    while (this.heard.length < count) {
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed after ${JSON.stringify(this.heard)}`);
      await pause(2);
    }
  }
}

describe('LiveServer', () => {
  let http: Server;
  let hub: Hub;
  let tokens: FakeTokens;
  let desk: OperationsDesk;
  let live: LiveServer;
  let url: string;

  const start = async (limits: Partial<LiveLimits> = {}, lab = false) => {
    hub = new Hub();
    tokens = new FakeTokens();
    desk = new OperationsDesk(new OperationsChannel(null), lab);
    live = new LiveServer(hub, tokens, { ...DEFAULT_LIMITS, ...limits }, desk);
    http = createServer((_request, response) => response.writeHead(404).end('nothing here'));
    live.attach(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    url = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  };
  const connect = (protocols: string[] = []) => new Client(new WebSocket(`ws://${url}/ws`, protocols));
  const login = async (user: string) => {
    const client = connect();
    await client.say({ type: 'auth', token: user });
    await client.hears(1);
    return client;
  };

  afterEach(async () => {
    await live.close();
    await new Promise((resolve) => http.close(resolve));
  });

  it('says ready after the token, and then brings what there is', async () => {
    await start();
    const alice = await login('alice');
    expect(alice.heard).toEqual([{ type: 'ready' }]);
    hub.deliver(push);
    await alice.hears(2);
    expect(alice.heard[1]).toEqual({ type: 'orders.confirmed', data: { orderId: '1' } });
  });

  it('takes the token beside the protocol, and answers with the protocol alone', async () => {
    await start();
    const alice = connect(['waybill', 'alice']);
    await alice.hears(1);
    expect(alice.heard).toEqual([{ type: 'ready' }]);
    expect(alice.socket.protocol).toBe('waybill');
  });

  const WATCH = { type: 'watch', what: 'operations' };

  it('shows staff how the system is, until they look away', async () => {
    await start();
    const sue = await login('sue');
    await sue.say(WATCH);
    await sue.hears(2);
    expect(sue.heard[1]).toMatchObject({ type: 'operations', data: { lab: false, processes: [] } });
    const unwatch = jest.spyOn(desk, 'unwatch');
    await sue.say({ ...WATCH, type: 'unwatch' });
    await eventually(() => expect(unwatch).toHaveBeenCalledTimes(1));
    const heard = sue.heard.length;
    await pause(1500);
    expect(sue.heard).toHaveLength(heard);
  });

  it('closes customers who want to see that, with 4403', async () => {
    await start();
    const alice = await login('alice');
    await alice.say(WATCH);
    expect(await alice.closed).toBe(4403);
    expect(alice.heard[1]).toMatchObject({ type: 'error', code: 'AUTH.FORBIDDEN' });
  });

  it.each([
    ['of staff who are no administrators', 'sue', true],
    ['of administrators where there are none', 'ann', false],
  ])('closes connections %s that throw a switch, with 4403', async (_, user, lab) => {
    await start({}, lab);
    const client = await login(user);
    await client.say({ type: 'switch', name: 'gateway', value: 'error' });
    expect(await client.closed).toBe(4403);
  });

  it('brings nothing to who has not said who they are', async () => {
    await start();
    const stranger = connect();
    await stranger.opened;
    const alice = await login('alice');
    hub.deliver(push);
    await alice.hears(2);
    expect(stranger.heard).toEqual([]);
  });

  it.each([['in a message'], ['beside the protocol']])(
    'refuses a bad token %s with its code and 4401',
    async (where) => {
      await start();
      const client = where === 'in a message' ? connect() : connect(['waybill', 'bad']);
      if (where === 'in a message') await client.say({ type: 'auth', token: 'bad' });
      expect(await client.closed).toBe(4401);
      expect(client.heard).toEqual([expect.objectContaining({ type: 'error', code: 'AUTH.TOKEN_INVALID' })]);
    },
  );

  it('asks to come back later when it cannot be found out who it is', async () => {
    await start();
    tokens.failure = new Unavailable('users is away');
    const client = connect();
    await client.say({ type: 'auth', token: 'alice' });
    expect(await client.closed).toBe(1013);
  });

  it('closes who says nothing in time with 4408', async () => {
    await start({ authMs: 50 });
    const client = connect();
    expect(await client.closed).toBe(4408);
    expect(client.heard).toEqual([expect.objectContaining({ code: 'NOTIFICATION.AUTH_TIMEOUT' })]);
  });

  it('closes when the token expires', async () => {
    await start();
    tokens.expiresAt = new Date(Date.now() + 300);
    const alice = await login('alice');
    expect(await alice.closed).toBe(4401);
    expect(alice.heard.at(-1)).toMatchObject({ type: 'error', code: 'AUTH.TOKEN_EXPIRED' });
    expect(hub.countOf('alice')).toBe(0);
  });

  it('closes when the session is revoked', async () => {
    await start({ recheckMs: 20 });
    const alice = await login('alice');
    tokens.failure = AuthErrors.SESSION_REVOKED();
    expect(await alice.closed).toBe(4401);
    expect(alice.heard.at(-1)).toMatchObject({ code: 'AUTH.SESSION_REVOKED' });
  });

  it('keeps people while it cannot be found out whether their session is revoked', async () => {
    await start({ recheckMs: 10 });
    const alice = await login('alice');
    tokens.failure = new Unavailable('users is away');
    await pause(50);
    hub.deliver(push);
    await alice.hears(2);
    expect(alice.heard[1]).toMatchObject({ type: 'orders.confirmed' });
  });

  it.each([
    '',
    '[]',
    '{"type":"auth"}',
    '{"type":"auth","token":7}',
    '{"type":"auth","token":"alice","more":1}',
    '{',
  ])('refuses a first message such as %s', async (message) => {
    await start();
    const client = connect();
    await client.say(message);
    expect(await client.closed).toBe(4400);
    expect(client.heard).toEqual([expect.objectContaining({ code: 'NOTIFICATION.BAD_MESSAGE' })]);
  });

  it('refuses whatever is said after ready', async () => {
    await start();
    const alice = await login('alice');
    await alice.say({ type: 'auth', token: 'sue' });
    expect(await alice.closed).toBe(4400);
  });

  it('refuses a message over its limit', async () => {
    await start();
    const client = connect();
    await client.say({ type: 'auth', token: 'x'.repeat(5000) });
    expect(await client.closed).toBe(1009);
  });

  it('lets one user have only so many connections, and others theirs', async () => {
    await start({ maxPerUser: 2 });
    const first = await login('alice');
    await login('alice');
    const third = await login('alice');
    expect(await third.closed).toBe(4429);
    expect(third.heard).toEqual([expect.objectContaining({ code: 'NOTIFICATION.TOO_MANY_CONNECTIONS' })]);
    expect((await login('bob')).heard).toEqual([{ type: 'ready' }]);
    first.socket.close();
    await first.closed;
    while (hub.countOf('alice') > 1) await pause(2);
    expect((await login('alice')).heard).toEqual([{ type: 'ready' }]);
  });

  it('turns away with 503 when there are too many', async () => {
    await start({ maxTotal: 1 });
    await connect().opened;
    await expect(connect().opened).rejects.toThrow('503');
  });

  it('drops the oldest of those who say nothing, so that they keep nobody out', async () => {
    await start({ maxUnknown: 2 });
    const alice = await login('alice');
    const silent = [connect(), connect()];
    for (const each of silent) await each.opened;
    expect((await login('bob')).heard).toEqual([{ type: 'ready' }]);
    expect(await silent[0]?.closed).toBe(4408);
    expect(silent[1]?.socket.readyState).toBe(WebSocket.OPEN);
    expect(alice.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('drops who does not read', async () => {
    await start({ maxBuffered: 10_000 });
    const alice = await login('alice');
    alice.socket.pause();
    const large = { ...push, data: 'x'.repeat(1_000_000) };
    while (hub.countOf('alice') > 0) {
      hub.deliver(large);
      await pause(2);
    }
    expect(live.connected).toBe(0);
    alice.socket.terminate();
  });

  it('drops who does not answer a ping', async () => {
    await start({ pingMs: 20 });
    const dead = new Client(new WebSocket(`ws://${url}/ws`, { autoPong: false }));
    const alive = await login('alice');
    expect(await dead.closed).toBe(1006);
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('sends everybody away with 1001 when it stops, and takes nobody new', async () => {
    await start();
    const alice = await login('alice');
    await live.close();
    expect(await alice.closed).toBe(1001);
    await expect(connect().opened).rejects.toThrow('503');
  });

  it.each([
    ['another path', { path: '/elsewhere', upgrade: 'websocket' }],
    ['another protocol, as curl --http2 asks for', { path: '/ws', upgrade: 'h2c' }],
  ])('leaves to HTTP what asks for %s', async (_what, { path, upgrade }) => {
    await start();
    const [host, port] = url.split(':');
    const text = await new Promise<string>((resolve, reject) => {
      request({ host, port, path, headers: { Connection: 'Upgrade', Upgrade: upgrade } }, (response) => {
        response.on('data', (chunk: Buffer) => resolve(chunk.toString('utf8')));
        response.on('end', () => resolve(''));
      })
        .on('error', reject)
        .end();
    });
    expect(text).toBe('nothing here');
  });
});
