import type { AmqpConnectionManager } from 'amqp-connection-manager';

/** Milliseconds that a boot waits for a broker that says nothing. */
const PATIENCE_MS = 5000;

/**
 * What amqplib says of a wrong user or password, and of a virtual host that is not there or not for this user. The
 * code alone will not do: `connect ECONNREFUSED 127.0.0.1:40312` has a 403 in it, too.
 */
const REFUSED = /\b403 \(ACCESS[-_]REFUSED\)|Expected ConnectionOpenOk; got <ConnectionClose/;
/** A broker that is about to end refuses once, too. */
const REFUSALS = 2;

/** The broker knows this user, this password or this virtual host not. */
export class BrokerRefusal extends Error {
  constructor() {
    super(
      'RabbitMQ refuses the user, password or virtual host of RABBITMQ_URL: correct it, or give the user its permissions.',
    );
    this.name = 'BrokerRefusal';
  }
}

/**
 * Begins to connect, and never stops to. Resolves when connected, or when the broker is away for now; rejects with
 * BrokerRefusal.
 */
export async function firstConnection(connections: AmqpConnectionManager): Promise<void> {
  let refusals = 0;
  let done = () => {};
  let refuse = (_: Error) => {};
  const outcome = new Promise<void>((resolve, reject) => {
    done = resolve;
    refuse = reject;
  });
  const failed = ({ err }: { err: Error }) => {
    if (!REFUSED.test(err.message)) return done();
    refusals += 1;
    if (refusals === REFUSALS) refuse(new BrokerRefusal());
  };
  connections.once('connect', done).on('connectFailed', failed);
  const timer = setTimeout(done, PATIENCE_MS);
  void connections.connect().catch(() => undefined);
  try {
    await outcome;
  } finally {
    clearTimeout(timer);
    connections.removeListener('connect', done);
    connections.removeListener('connectFailed', failed);
  }
}
