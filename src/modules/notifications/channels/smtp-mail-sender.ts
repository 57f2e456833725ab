import nodemailer, { type NodemailerError } from 'nodemailer';
import { type Mail, MailSender, Refused, ServerAway } from './sender.js';

/** How many mails are handed over at once. */
export const SMTP_CONNECTIONS = 5;
/** For one mail from first to last, in milliseconds: a server that trickles its replies beats every other timeout. */
const TOTAL_TIMEOUT_MS = 15_000;

/** What is wrong with the connection, or with our account, and not with the mail. */
const AWAY = new Set([
  'ECONNECTION',
  'ETIMEDOUT',
  'ESOCKET',
  'EDNS',
  'ETLS',
  'EREQUIRETLS',
  'EPROTOCOL',
  'EAUTH',
  'ENOAUTH',
  'EOAUTH2',
  'EPROXY',
]);
/** RFC 5321: the service is closing its channel. */
const SERVICE_CLOSING = 421;

/** Sends mails to an SMTP server (`smtp://user:password@host:port`, `smtps://…`). */
export class SmtpMailSender extends MailSender {
  readonly keeps = false;
  private readonly transport;

  constructor(
    url: string,
    private readonly from: string,
  ) {
    super();
    this.transport = nodemailer.createTransport({
      url,
      pool: true,
      maxConnections: SMTP_CONNECTIONS,
      // The courier tries again itself, and counts.
      maxRequeues: 0,
      // nodemailer's own defaults are minutes.
      connectionTimeout: 5000,
      greetingTimeout: 5000,
      socketTimeout: 10_000,
      dnsTimeout: 5000,
      idleTimeout: 30_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send(mail: Mail, signal: AbortSignal): Promise<void> {
    try {
      await this.transport.sendMail({
        from: this.from,
        // As an object, so that nothing in it is read as a list of addresses.
        to: { name: '', address: mail.to },
        subject: mail.subject,
        text: mail.text,
        messageId: `<${mail.id}@waybill>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(TOTAL_TIMEOUT_MS)]),
      });
    } catch (error) {
      throw explained(error as NodemailerError);
    }
  }

  override close(): void {
    this.transport.close();
  }
}

/** Replies of a mail server often repeat the address, so of a reply only its code is kept. */
function explained(error: NodemailerError): Error {
  const { code = 'unknown', responseCode, originalCode, permanent } = error;
  if (responseCode === SERVICE_CLOSING || AWAY.has(code)) {
    const detail = responseCode ?? originalCode ?? code;
    return new ServerAway(`the mail server cannot be used at the moment (${detail})`);
  }
  if (permanent) return new Refused(`the mail server refused it (${responseCode})`);
  if (responseCode === undefined && code === 'EENVELOPE')
    return new Refused('the address is not one that mail can go to');
  return new Error(`the mail server did not take it (${responseCode ?? code})`);
}
