/** The server will never take this message: there is no use in trying again. */
export class Refused extends Error {}

/** The server cannot be reached at all: whatever else waits for it had better wait too. */
export class ServerAway extends Error {}

export interface Sender<M> {
  /** True when "sending" is keeping: the message is shown in GET /notifications and goes nowhere else. */
  readonly keeps: boolean;
  /**
   * Hands a message over. Rejects with Refused, ServerAway, or anything else when it may do better later. The
   * messages of these errors go into events and tables: no address and no secret in them.
   */
  send(message: M, signal: AbortSignal): Promise<void>;
}

export interface Mail {
  /** Stays the same when the mail is sent again, so that the far end can tell. */
  id: string;
  to: string;
  subject: string;
  text: string;
}

export interface Sms {
  id: string;
  /** E.164. */
  to: string;
  text: string;
}

/** Injection token of the way mails go out. */
export abstract class MailSender implements Sender<Mail> {
  abstract readonly keeps: boolean;
  abstract send(mail: Mail, signal: AbortSignal): Promise<void>;
  /** Lets go of connections. */
  close(): void {}
}

/** Injection token of the way text messages go out. */
export abstract class SmsSender implements Sender<Sms> {
  abstract readonly keeps: boolean;
  abstract send(sms: Sms, signal: AbortSignal): Promise<void>;
}

export class KeptMail extends MailSender {
  readonly keeps = true;
  send(): Promise<void> {
    return Promise.resolve();
  }
}

export class KeptSms extends SmsSender {
  readonly keeps = true;
  send(): Promise<void> {
    return Promise.resolve();
  }
}
