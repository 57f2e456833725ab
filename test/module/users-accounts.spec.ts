import { DEMO_USERS } from '../../src/modules/users/demo/demo-users.js';
import { aUser, logIn, type TestUser, type UserBody } from '../builders/a-user.js';
import { eventually, startWaybill, type Waybill } from '../harness.js';

interface UserPage {
  data: UserBody[];
  nextCursor: string | null;
}

describe('user accounts', () => {
  let waybill: Waybill;
  let admin: string;

  beforeAll(async () => {
    waybill = await startWaybill({ REGISTRATIONS_PER_ADDRESS: '60', TRUST_PROXY: '127.0.0.1' });
    admin = await waybill.api.token('admin');
  });
  afterAll(() => waybill.stop());

  const register = (body: unknown, headers: Record<string, string> = {}) =>
    waybill.api.post<UserBody & { code?: string }>('/users/register', body, { headers });
  const password = 'correct horse battery';

  async function anAdmin(): Promise<TestUser> {
    const user = await aUser(waybill.api);
    await waybill.api.put(`/users/${user.id}`, { roles: ['admin'] }, { token: admin });
    return { ...user, ...(await logIn(waybill.api, user.email, user.password)) };
  }

  describe('registering', () => {
    it('makes an active customer and never shows the hash', async () => {
      const { status, body } = await register({
        email: '  Margarethe@Example.ORG ',
        password,
        name: ' Margarethe ',
      });
      expect(status).toBe(201);
      expect(body).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        email: 'margarethe@example.org',
        name: 'Margarethe',
        roles: ['customer'],
        status: 'active',
        createdAt: expect.stringMatching(/Z$/),
      });
    });

    it('stores argon2id, never the password', async () => {
      const user = await aUser(waybill.api);
      const [row] = await waybill.sql<{ row: string; hash: string }>(
        'SELECT u::text AS row, password_hash AS hash FROM users.users u WHERE id = $1',
        [user.id],
      );
      expect(row?.hash).toMatch(/^\$argon2id\$v=19\$m=64,t=2,p=1\$/);
      expect(row?.row).not.toContain(password);
    });

    it('tells the others by an event, once', async () => {
      const user = await aUser(waybill.api, { name: 'Eve Event' });
      await eventually(async () => {
        const events = await waybill.sql(
          "SELECT name, payload FROM users.outbox WHERE key = $1 AND published_at IS NOT NULL AND name = 'users.registered'",
          [user.id],
        );
        expect(events).toHaveLength(1);
        expect(events[0]?.['payload']).toMatchObject({ userId: user.id, name: 'Eve Event' });
      });
    });

    it('refuses an email address that is taken, in whatever case, and writes no event', async () => {
      const user = await aUser(waybill.api, { email: 'taken@example.org' });
      const again = await register({ email: 'TAKEN@example.org', password, name: 'Somebody' });
      expect(again).toMatchObject({ status: 409, body: { code: 'USER.EMAIL_TAKEN' } });
      const events = await waybill.sql("SELECT key FROM users.outbox WHERE payload ->> 'name' = 'Somebody'");
      expect(events).toEqual([]);
      expect((await logIn(waybill.api, user.email, user.password)).expiresIn).toBe(300);
    });

    it('makes one user when the same address registers many times at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => register({ email: 'rush@example.org', password, name: 'Rush' })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
    });

    it.each([
      ['no address', { password, name: 'X' }],
      ['an address without a domain', { email: 'nobody', password, name: 'X' }],
      ['an address of 300 characters', { email: `${'a'.repeat(300)}@example.org`, password, name: 'X' }],
      ['a header in the address', { email: 'a@example.org\r\nBcc: b@example.org', password, name: 'X' }],
      ['a short password', { email: 'short@example.org', password: 'seven77', name: 'X' }],
      ['a password of 129 characters', { email: 'long@example.org', password: 'ab'.repeat(65), name: 'X' }],
      ['a NUL in the password', { email: 'nul@example.org', password: `${password}\u0000`, name: 'X' }],
      ['a NUL in the name', { email: 'nul@example.org', password, name: 'X\u0000Y' }],
      ['two lines of name', { email: 'lines@example.org', password, name: 'X\nY' }],
      ['a blank name', { email: 'blank@example.org', password, name: '   ' }],
      ['a name that is a number', { email: 'number@example.org', password, name: 7 }],
      ['roles of its own choice', { email: 'root@example.org', password, name: 'X', roles: ['admin'] }],
      [
        'an id of its own choice',
        { email: 'root@example.org', password, name: 'X', id: DEMO_USERS.alice.id },
      ],
    ])('refuses %s', async (_, body) => {
      expect(await register(body)).toMatchObject({ status: 400, body: { code: 'REQUEST.INVALID' } });
    });

    it.each([
      ['one character repeated', 'zzzzzzzzzz'],
      ['the email address', 'weak@example.org'],
    ])('refuses %s as a password', async (_, weak) => {
      const answer = await register({ email: 'weak@example.org', password: weak, name: 'X' });
      expect(answer).toMatchObject({
        status: 400,
        body: { code: 'USER.WEAK_PASSWORD', errors: [{ path: 'password' }] },
      });
    });

    it('lets one network register so often and no more', async () => {
      const from = (address: string, i: number) =>
        register(
          { email: `flood-${i}@example.org`, password: 'x', name: 'X' },
          { 'x-forwarded-for': address },
        );
      // Refused bodies cost nothing; only those that would be hashed are counted.
      expect((await from('192.0.2.1', 0)).status).toBe(400);
      const registerFrom = (address: string, i: number) =>
        register({ email: `flood-${i}@example.org`, password, name: 'X' }, { 'x-forwarded-for': address });
      const answers = await Promise.all(Array.from({ length: 61 }, (_, i) => registerFrom('192.0.2.1', i)));
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(1);
      expect(refused[0]?.body.code).toBe('AUTH.TOO_MANY_ATTEMPTS');
      expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await registerFrom('192.0.2.2', 100)).status).toBe(201);
    });
  });

  describe('reading', () => {
    it('shows users themselves', async () => {
      const user = await aUser(waybill.api);
      const me = await waybill.api.get('/users/me', { token: user.accessToken });
      expect(me).toMatchObject({ status: 200, body: { id: user.id, email: user.email } });
      const byId = await waybill.api.get(`/users/${user.id.toUpperCase()}`, { token: user.accessToken });
      expect(byId.body).toEqual(me.body);
    });

    it('hides others from everybody but administrators', async () => {
      const path = `/users/${DEMO_USERS.alice.id}`;
      const missing = '/users/0199c0de-0000-7000-8000-0000000000ff';
      for (const token of [await waybill.api.token('bob'), await waybill.api.token('staff')]) {
        expect(await waybill.api.get(path, { token })).toMatchObject({
          status: 404,
          body: { code: 'USER.NOT_FOUND' },
        });
      }
      expect(await waybill.api.get(path, { token: admin })).toMatchObject({
        status: 200,
        body: { name: 'Alice Archer' },
      });
      expect(await waybill.api.get(missing, { token: admin })).toMatchObject({ status: 404 });
      expect(await waybill.api.get('/users/1', { token: admin })).toMatchObject({ status: 400 });
    });

    it('lists all users to administrators, page by page and each once', async () => {
      const expected = await waybill.sql<{ id: string }>('SELECT id FROM users.users ORDER BY id DESC');
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const page = await waybill.api.get<UserPage>(`/users?limit=7${query}`, { token: admin });
        expect(page.status).toBe(200);
        expect(page.body.data.length).toBeLessThanOrEqual(7);
        seen.push(...page.body.data.map(({ id }) => id));
        cursor = page.body.nextCursor;
      }
      expect(seen).toEqual(expected.map(({ id }) => id));
    });

    it.each([
      ['part of an address', 'LICE@way', ['alice@waybill.test']],
      ['part of a name', 'ce arch', ['alice@waybill.test']],
      ['nothing at all', 'nobody-is-called-this', []],
      ['a wildcard, taken as it stands', '%', []],
      ['a quote', "' OR true --", []],
    ])('searches for %s', async (_, q, emails) => {
      const { body } = await waybill.api.get<UserPage>(`/users?q=${encodeURIComponent(q)}`, { token: admin });
      expect(body.data.map(({ email }) => email)).toEqual(emails);
    });

    it.each(['limit=0', 'limit=101', 'limit=x', 'cursor=zzz', 'cursor=WyJ4Il0', 'unknown=1', 'q=%00'])(
      'refuses the query %s',
      async (query) => {
        expect((await waybill.api.get(`/users?${query}`, { token: admin })).status).toBe(400);
      },
    );

    it('refuses the list to anybody else', async () => {
      for (const user of ['alice', 'staff'] as const) {
        const answer = await waybill.api.get('/users', { token: await waybill.api.token(user) });
        expect(answer).toMatchObject({ status: 403, body: { code: 'AUTH.FORBIDDEN' } });
      }
      expect(await waybill.api.get('/users')).toMatchObject({
        status: 401,
        body: { code: 'AUTH.TOKEN_REQUIRED' },
      });
    });
  });

  describe('changing', () => {
    it('lets users change their name and email address, and log in with it', async () => {
      const user = await aUser(waybill.api);
      const change = { name: 'New Name', email: 'New.Address@Example.org' };
      const { status, body } = await waybill.api.put(`/users/${user.id}`, change, {
        token: user.accessToken,
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        id: user.id,
        name: 'New Name',
        email: 'new.address@example.org',
        roles: ['customer'],
      });
      expect((await logIn(waybill.api, 'new.address@example.org', user.password)).expiresIn).toBe(300);
      expect((await waybill.api.get('/users/me', { token: user.accessToken })).status).toBe(200);
    });

    it('refuses the address of somebody else', async () => {
      const user = await aUser(waybill.api);
      const answer = await waybill.api.put(
        `/users/${user.id}`,
        { email: 'alice@waybill.test' },
        { token: user.accessToken },
      );
      expect(answer).toMatchObject({ status: 409, body: { code: 'USER.EMAIL_TAKEN' } });
    });

    it('does not let itself be asked about a whole list of addresses', async () => {
      const { id, accessToken } = await aUser(waybill.api);
      const ask = () =>
        waybill.api.put(`/users/${id}`, { email: 'alice@waybill.test' }, { token: accessToken });
      for (let asked = 0; asked < 20; asked++) expect((await ask()).status).toBe(409);
      const refused = await ask();
      expect(refused).toMatchObject({ status: 429, body: { code: 'AUTH.TOO_MANY_ATTEMPTS' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    });

    it.each([{ roles: ['admin'] }, { status: 'active' }, { name: 'X', roles: ['customer'] }])(
      'forbids users to change %j of themselves',
      async (change) => {
        const user = await aUser(waybill.api);
        const answer = await waybill.api.put(`/users/${user.id}`, change, { token: user.accessToken });
        expect(answer).toMatchObject({ status: 403, body: { code: 'AUTH.FORBIDDEN' } });
        expect((await waybill.api.get('/users/me', { token: user.accessToken })).body).toMatchObject({
          name: user.name,
        });
      },
    );

    it('hides others from whoever would change them', async () => {
      const answer = await waybill.api.put(
        `/users/${DEMO_USERS.alice.id}`,
        { name: 'Mine' },
        { token: await waybill.api.token('bob') },
      );
      expect(answer).toMatchObject({ status: 404, body: { code: 'USER.NOT_FOUND' } });
    });

    it.each([
      {},
      { name: '' },
      { roles: [] },
      { roles: ['root'] },
      { status: 'deleted' },
      { password: 'x' },
      { createdAt: 'x' },
    ])('refuses the change %j', async (change) => {
      const answer = await waybill.api.put(`/users/${DEMO_USERS.bob.id}`, change, { token: admin });
      expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST.INVALID' } });
    });

    it('ends the sessions of a user whose roles change, so that the new ones count at once', async () => {
      const user = await aUser(waybill.api);
      const answer = await waybill.api.put(
        `/users/${user.id}`,
        { roles: ['staff', 'customer', 'staff'] },
        { token: admin },
      );
      expect(answer).toMatchObject({ status: 200, body: { roles: ['staff', 'customer'] } });
      const stale = await waybill.api.get('/users/me', { token: user.accessToken });
      expect(stale).toMatchObject({ status: 401, body: { code: 'AUTH.SESSION_REVOKED' } });
      const refreshed = await waybill.api.post('/users/refresh', { refreshToken: user.refreshToken });
      expect(refreshed).toMatchObject({ status: 401, body: { code: 'AUTH.SESSION_REVOKED' } });
      const { accessToken } = await logIn(waybill.api, user.email, user.password);
      expect((await waybill.api.get('/users/me', { token: accessToken })).body).toMatchObject({
        roles: ['staff', 'customer'],
      });
    });

    it('shuts out a suspended user, tells it only to whoever knows the password, and lets them in again', async () => {
      const user = await aUser(waybill.api);
      await waybill.api.put(`/users/${user.id}`, { status: 'suspended' }, { token: admin });
      expect((await waybill.api.get('/users/me', { token: user.accessToken })).status).toBe(401);
      const knows = await waybill.api.post('/users/login', { email: user.email, password: user.password });
      expect(knows).toMatchObject({ status: 403, body: { code: 'USER.SUSPENDED' } });
      const guesses = await waybill.api.post('/users/login', { email: user.email, password: 'a guess' });
      expect(guesses).toMatchObject({ status: 401, body: { code: 'AUTH.INVALID_CREDENTIALS' } });
      await waybill.api.put(`/users/${user.id}`, { status: 'active' }, { token: admin });
      expect((await logIn(waybill.api, user.email, user.password)).expiresIn).toBe(300);
    });

    it('leaves the sessions alone when an administrator changes a name', async () => {
      const user = await aUser(waybill.api);
      await waybill.api.put(
        `/users/${user.id}`,
        { name: 'Renamed', roles: ['customer'], status: 'active' },
        { token: admin },
      );
      expect((await waybill.api.get('/users/me', { token: user.accessToken })).body).toMatchObject({
        name: 'Renamed',
      });
    });

    it('keeps one active administrator, also when two dismiss each other at once', async () => {
      const answer = await waybill.api.put(
        `/users/${DEMO_USERS.admin.id}`,
        { roles: ['staff'] },
        { token: admin },
      );
      expect(answer).toMatchObject({ status: 409, body: { code: 'USER.LAST_ADMIN' } });
      const suspended = await waybill.api.put(
        `/users/${DEMO_USERS.admin.id}`,
        { status: 'suspended' },
        { token: admin },
      );
      expect(suspended).toMatchObject({ status: 409, body: { code: 'USER.LAST_ADMIN' } });

      const others = await Promise.all(Array.from({ length: 4 }, () => anAdmin()));
      const admins = [{ id: DEMO_USERS.admin.id, accessToken: admin }, ...others];
      await Promise.all(
        admins.map(({ id }, i) => {
          const next = admins[(i + 1) % admins.length]?.accessToken ?? '';
          return waybill.api.put(`/users/${id}`, { roles: ['customer'] }, { token: next });
        }),
      );
      const left = await waybill.sql(
        "SELECT id FROM users.users WHERE status = 'active' AND 'admin' = ANY (roles)",
      );
      expect(left.length).toBeGreaterThanOrEqual(1);
    });
  });
});
