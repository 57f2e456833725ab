import { createHash, randomBytes } from 'node:crypto';

export const USER = 'waybill';

/** `rabbitmq.conf`. */
export function brokerSettings({ port, definitions }: { port: number; definitions: string }): string {
  return lines({
    'listeners.tcp.1': `127.0.0.1:${port}`,
    load_definitions: definitions,
    // What Waybill sends is smaller; what somebody else sends must not fill the memory of all.
    max_message_size: 1024 * 1024,
    'log.console': 'false',
    'log.file': 'rabbit.log',
    'log.file.level': 'info',
    'log.file.rotation.size': 10 * 1024 * 1024,
    'log.file.rotation.count': 1,
    // Quorum queues write one log together, of half a gigabyte unless told otherwise, and hold as much in memory.
    'raft.wal_max_size_bytes': 64 * 1024 * 1024,
  });
}

/**
 * What the broker makes sure of at each start: virtual hosts, and one user who may do all in each. With definitions
 * it makes neither `guest` nor a virtual host of its own.
 */
export function brokerDefinitions(password: string, vhosts: readonly string[]): string {
  return JSON.stringify({
    users: [
      {
        name: USER,
        password_hash: hashed(password),
        hashing_algorithm: 'rabbit_password_hashing_sha256',
        tags: 'administrator',
      },
    ],
    vhosts: vhosts.map((name) => ({ name })),
    permissions: vhosts.map((vhost) => ({ user: USER, vhost, configure: '.*', write: '.*', read: '.*' })),
  });
}

/** https://www.rabbitmq.com/docs/passwords#computing-password-hash */
function hashed(password: string): string {
  const salt = randomBytes(4);
  const hash = createHash('sha256').update(salt).update(password).digest();
  return Buffer.concat([salt, hash]).toString('base64');
}

function lines(settings: Record<string, string | number>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}
