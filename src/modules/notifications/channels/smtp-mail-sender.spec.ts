import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { Refused, ServerAway } from './sender.js';
import { SmtpMailSender } from './smtp-mail-sender.js';

const mail = {
  id: '0199c0de-0000-7000-8000-00000000000a',
  to: 'alice@waybill.test',
  subject: 'Order WB-1 is confirmed – Größe',
  text: 'Hello Alice,\n\n.\nYours\n',
};
const signal = new AbortController().signal;

function reply(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code });
}

describe('SmtpMailSender', () => {
  const received: { to: string[]; source: string }[] = [];
  let server: SMTPServer;
  let sender: SmtpMailSender;

  const start = async (options: SMTPServerOptions = {}) => {
    server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData(stream, session, done) {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          received.push({
            to: session.envelope.rcptTo.map(({ address }) => address),
            source: Buffer.concat(chunks).toString('utf8'),
          });
          done();
        });
      },
      ...options,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.server.address() as AddressInfo;
    sender = new SmtpMailSender(`smtp://127.0.0.1:${port}`, 'Waybill <orders@waybill.test>');
  };
  const failure = (to = mail.to) =>
    sender.send({ ...mail, to }, signal).then(
      () => null,
      (error: unknown) => error as Error,
    );

  beforeEach(() => {
    received.length = 0;
  });

  afterEach(async () => {
    sender.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  it('sends to the one address, under an id that stays the same', async () => {
    await start();
    await sender.send(mail, signal);
    await sender.send(mail, signal);
    expect(received).toHaveLength(2);
    for (const { to, source } of received) {
      expect(to).toEqual(['alice@waybill.test']);
      expect(source).toContain(`Message-ID: <${mail.id}@waybill>`);
      expect(source).toContain('From: Waybill <orders@waybill.test>');
      expect(source).toContain('Auto-Submitted: auto-generated');
    }
  });

  it('does not take one address for several', async () => {
    await start();
    await failure('alice@waybill.test, bob@waybill.test');
    expect(received.flatMap(({ to }) => to)).not.toContain('bob@waybill.test');
  });

  it('lets no line break of a subject begin a header', async () => {
    await start();
    await sender.send({ ...mail, subject: 'Hi\r\nBcc: bob@waybill.test' }, signal);
    expect(received[0]?.to).toEqual(['alice@waybill.test']);
    expect(received[0]?.source).not.toMatch(/^Bcc:/m);
  });

  it('tells a refusal for good, without the address that the server repeats', async () => {
    await start({
      onRcptTo: (_address, _session, done) => done(reply(550, 'No such user: alice@waybill.test')),
    });
    const error = await failure();
    expect(error).toBeInstanceOf(Refused);
    expect(error?.message).toBe('the mail server refused it (550)');
  });

  it('tells a refusal for now', async () => {
    await start({
      onRcptTo: (_address, _session, done) => done(reply(451, 'Greylisted, alice@waybill.test')),
    });
    const error = await failure();
    expect(error).not.toBeInstanceOf(Refused);
    expect(error).not.toBeInstanceOf(ServerAway);
    expect(error?.message).toBe('the mail server did not take it (451)');
  });

  it('tells that the server is away', async () => {
    await start();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const error = await failure();
    expect(error).toBeInstanceOf(ServerAway);
    expect(error?.message).toBe('the mail server cannot be used at the moment (ECONNREFUSED)');
  });

  it('takes a wrong password of ours for a server that is away, not for a fault of the mail', async () => {
    await start({
      disabledCommands: ['STARTTLS'],
      onAuth: (_auth, _session, done) => done(reply(535, 'bad credentials')),
    });
    const { port } = server.server.address() as AddressInfo;
    sender.close();
    sender = new SmtpMailSender(`smtp://user:hunter2@127.0.0.1:${port}`, 'orders@waybill.test');
    const error = await failure();
    expect(error).toBeInstanceOf(ServerAway);
    expect(error?.message).not.toContain('hunter2');
  });
});
