import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { aUser } from '../builders/a-user.js';
import { anOrder } from '../builders/order.builder.js';
import { eventually, startWaybill, type Waybill } from '../harness.js';
import { problemIn, send } from './http.js';

interface Received {
  to: string[];
  head: string;
  body: string;
}

/** Keeps what it is sent, as it came over the line. */
class MailSink {
  readonly received: Received[] = [];
  private readonly server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const [head = '', ...body] = Buffer.concat(chunks).toString('latin1').split('\r\n\r\n');
        this.received.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          head,
          body: body.join('\r\n\r\n'),
        });
        done();
      });
    },
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

describe('a mail', () => {
  const sink = new MailSink();
  let waybill: Waybill;

  beforeAll(async () => {
    waybill = await startWaybill({ SMTP_URL: await sink.start() });
  });
  afterAll(async () => {
    await waybill?.stop();
    await sink.stop();
  });

  const mailsTo = (address: string) => sink.received.filter(({ to }) => to.includes(address));
  const names = (head: string) =>
    head
      .split('\r\n')
      .filter((each) => /^\S/.test(each))
      .map((each) => each.split(':')[0]?.toLowerCase())
      .sort();

  it('goes to one address under one subject, whatever names and texts hold', async () => {
    const name = 'Eve <eve@evil.test>, "Bcc: mallory@evil.test" {{ 7 | times: 6 }}';
    const eve = await aUser(waybill.api, { email: 'eve@example.org', name });
    const note = 'nice\r\n.\r\nMAIL FROM:<mallory@evil.test>\r\nBcc: mallory@evil.test';
    await waybill.api.post('/orders', anOrder().withNote(note).build(), { token: eve.accessToken });
    await eventually(() => expect(mailsTo('eve@example.org').length).toBe(2), 20_000);
    const plain = names(sink.received[0]?.head ?? '');
    for (const { to, head } of sink.received) {
      expect(to).toEqual(['eve@example.org']);
      expect(head).not.toMatch(/mallory|evil\.test/);
      expect(names(head)).toEqual(plain);
    }
    expect(mailsTo('eve@example.org').some(({ body }) => body.includes('42'))).toBe(false);
  });

  it('written by hand holds its text and nothing that came of it', async () => {
    const bob = await aUser(waybill.api, { email: 'bobby@example.org' });
    const body = 'Hello\r\n.\r\nRCPT TO:<mallory@evil.test>\r\n\r\n..\r\nBcc: mallory@evil.test\r\nQUIT\r\n';
    const subject = 'Größe =?utf-8?B?QmNjOiBtYWxsb3J5?= Bcc: mallory@evil.test';
    const token = await waybill.api.token('staff');
    const sent = await waybill.api.post(
      '/notifications/send',
      { userId: bob.id, type: 'email', subject, body },
      { token },
    );
    expect(sent).toMatchObject({ status: 201, body: { status: 'sent', subject, body } });
    const [mail] = mailsTo('bobby@example.org').slice(-1);
    expect(mail?.to).toEqual(['bobby@example.org']);
    expect(names(mail?.head ?? '')).not.toContain('bcc');
    expect(sink.received.flatMap(({ to }) => to)).not.toContain('mallory@evil.test');
  });

  it.each([
    'eve@example.org\r\nBcc: mallory@evil.test',
    'eve@example.org, mallory@evil.test',
    'Eve <eve@example.org>',
    '"eve\r\n"@example.org',
    'eve@example.org\u0000',
    'eve@[127.0.0.1]',
    'postmaster',
  ])('has no address such as %j', async (email) => {
    const body = { email, password: 'correct horse battery', name: 'Eve' };
    const answer = await send(waybill.url, 'POST', '/api/v1/users/register', { body });
    expect(problemIn(answer)).toMatchObject({ status: 400, code: 'REQUEST.INVALID' });
  });

  it.each(['a\r\nBcc: mallory@evil.test', 'a\nb', 'a\u2028b', 'a\u0000'])(
    'has no subject such as %j',
    async (subject) => {
      const { id } = await aUser(waybill.api);
      const before = sink.received.length;
      const body = { userId: id, type: 'email', subject, body: 'x' };
      const answer = await send(waybill.url, 'POST', '/api/v1/notifications/send', {
        body,
        token: await waybill.api.token('staff'),
      });
      expect(problemIn(answer)).toMatchObject({ status: 400, code: 'REQUEST.INVALID' });
      expect(sink.received.slice(before).filter(({ body: text }) => text.trim() === 'x')).toEqual([]);
    },
  );
});
