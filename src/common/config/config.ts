import { resolve } from 'node:path';
import { z } from 'zod';
import { FAILPOINT } from '../failpoint.js';
import { setting, type Setting } from './setting.js';

const int = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/ });
/** Each module's URL is made of this one: what stands in the query would win over the module's own role. */
const adminUrl = postgresUrl.refine((url) => {
  if (!URL.canParse(url)) return true;
  const { hostname, username, password, searchParams } = new URL(url);
  const complete = hostname !== '' && username !== '' && password !== '';
  return complete && !searchParams.has('user') && !searchParams.has('password');
}, "must have user, password and host before the path (the modules' passwords are derived from it): postgres://user:password@host/database");

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * Every environment variable that Waybill reads. docs/configuration.md lists the same, and a test holds the two
 * together. A setting without a default is optional.
 */
export const SETTINGS = {
  NODE_ENV: setting(
    z.enum(['development', 'test', 'production']),
    'development',
    'production: JSON logs, no demo data',
  ),
  MODULES: setting(z.string(), 'all', 'Modules hosted by this process: all, or a comma-separated list'),
  HOST: setting(z.string(), '127.0.0.1', 'Address to listen on'),
  PORT: setting(
    int(0, 65_535),
    undefined,
    'Port to listen on, 0 for a free one; default 8000, or the port of the one module hosted: orders 8001, inventory 8002, payments 8003, users 8004, notifications 8005, catalog 8006',
  ),
  TRUST_PROXY: setting(
    z.string(),
    undefined,
    'Addresses of reverse proxies whose X-Forwarded-For is believed',
  ),
  LOG_LEVEL: setting(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']),
    undefined,
    'Least level that is logged; default info in production, else warn',
  ),
  DATA_DIR: setting(z.string(), '.data', 'Folder of the embedded database and the mock gateway'),
  DATABASE_URL: setting(
    adminUrl,
    undefined,
    'PostgreSQL whose user may create roles and schemas; embedded when absent, but not with RABBITMQ_URL',
  ),
  ORDERS_DATABASE_URL: setting(
    postgresUrl,
    undefined,
    "A database of its own for orders, with a role that owns it; or the role of orders in DATABASE_URL's database (docs/deployment.md)",
  ),
  INVENTORY_DATABASE_URL: setting(postgresUrl, undefined, 'The same for inventory'),
  PAYMENTS_DATABASE_URL: setting(postgresUrl, undefined, 'The same for payments'),
  USERS_DATABASE_URL: setting(postgresUrl, undefined, 'The same for users'),
  NOTIFICATIONS_DATABASE_URL: setting(postgresUrl, undefined, 'The same for notifications'),
  CATALOG_DATABASE_URL: setting(postgresUrl, undefined, 'The same for catalog'),
  DATABASE_POOL_SIZE: setting(int(2, 100), '8', 'Connections per module'),
  SEED_DEMO: setting(
    flag,
    undefined,
    'Fill an empty store with demo users, products and stock; default true on a loopback HOST, never in production',
  ),
  RABBITMQ_URL: setting(
    z.url({ protocol: /^amqps?$/ }),
    undefined,
    'Message broker between processes (RabbitMQ 3.10 or newer); needed when MODULES leaves modules out',
  ),
  REDIS_URL: setting(
    z.url({ protocol: /^rediss?$/ }),
    undefined,
    'What processes share for speed: caches, rate limits, ended sessions, browser pushes; each process by itself when absent',
  ),
  REDIS_COMMAND_TIMEOUT_MS: setting(
    int(10, 5000),
    '100',
    'Milliseconds to wait for Redis before doing without it',
  ),
  GATEWAY_URL: setting(
    z.url(),
    undefined,
    'Payment gateway; a mock gateway is started when absent, but neither in production nor with RABBITMQ_URL',
  ),
  GATEWAY_TIMEOUT_MS: setting(int(100, 60_000), '2500', 'Milliseconds to wait for the gateway'),
  ADMISSION_LIMIT: setting(
    int(1, 100_000),
    '640',
    'Orders that a process has in hand at once; more are refused with 503 and Retry-After',
  ),
  ADMISSION_LATENCY_MS: setting(
    int(10, 60_000),
    '3000',
    'Milliseconds that placing an order should take at most on average: when it takes longer, fewer are let in',
  ),
  JWT_ISSUER: setting(z.string().min(1), 'waybill', 'Issuer of access tokens'),
  JWT_AUDIENCE: setting(z.string().min(1), 'waybill', 'Audience of access tokens'),
  ACCESS_TOKEN_SECONDS: setting(int(30, 3600), '300', 'Life of an access token'),
  REFRESH_TOKEN_SECONDS: setting(int(60, 31_536_000), '2592000', 'Life of a session without use'),
  PASSWORD_HASH_MEMORY_KIB: setting(int(8, 1_048_576), '19456', 'Memory of argon2id (OWASP: 19456)'),
  PASSWORD_HASH_CONCURRENCY: setting(int(1, 64), '2', 'Passwords hashed at once; the rest wait'),
  LOGIN_ATTEMPTS: setting(int(1, 1000), '10', 'Failed logins of one email address in 15 minutes'),
  LOGIN_ATTEMPTS_PER_ADDRESS: setting(
    int(1, 100_000),
    '100',
    'Failed logins of one client address in 15 minutes',
  ),
  REGISTRATIONS_PER_ADDRESS: setting(
    int(1, 1_000_000),
    '100',
    'Registrations of one client address in an hour',
  ),
  SMTP_URL: setting(
    z.url({ protocol: /^smtps?$/ }),
    undefined,
    'Mail server; mails are kept and shown when absent',
  ),
  MAIL_FROM: setting(z.string().min(3), 'Waybill <orders@waybill.test>', 'Sender of mails'),
  SMS_URL: setting(z.url(), undefined, 'Webhook that sends an SMS; messages are kept and shown when absent'),
  RESERVATION_SECONDS: setting(int(1, 86_400), '900', 'How long stock is held for an unpaid order'),
  SAGA_LEASE_SECONDS: setting(int(1, 300), '10', 'After this an order left behind by a crash is taken up'),
  OUTBOX_LEASE_SECONDS: setting(int(1, 300), '10', 'After this events left behind by a crash are taken up'),
  EVENT_ATTEMPTS: setting(
    int(1, 10),
    '10',
    'Deliveries of an event to a module that fails on it; then it is a dead letter',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    z.url({ protocol: /^https?$/ }),
    undefined,
    'Collector that traces are sent to, over OTLP/HTTP, such as http://127.0.0.1:4318; none are sent when absent',
  ),
  TRACES_PER_SECOND: setting(
    int(0, 100_000),
    '50',
    'New traces a second that a process records at most; past it requests are served, counted and logged as ever, and not recorded',
  ),
  GRAFANA_URL: setting(
    z.url({ protocol: /^https?$/ }),
    undefined,
    'Grafana whose Explore shows traces: the back office links to it; trace ids are shown without a link when absent',
  ),
  METRICS: setting(
    z.enum(['on', 'off']),
    'on',
    'off: nothing is counted or timed; to learn what metrics cost, and not for production',
  ),
  WAYBILL_FAILPOINT: setting(
    z.string().regex(FAILPOINT),
    undefined,
    'For crash tests, never in production: kills the process at a named point, such as orders.create.after:5',
  ),
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** The configuration of a process, checked once at its start. Injectable everywhere. */
export class Config {
  readonly production: boolean;
  readonly modules: string;
  readonly host: string;
  readonly port: number | null;
  /** Whether it listens for others than this machine, which means that there is a balancer in front of it. */
  readonly servesOthers: boolean;
  readonly trustProxy: string | null;
  readonly logLevel: string;
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly databasePoolSize: number;
  readonly seedDemo: boolean;
  readonly rabbitmqUrl: string | null;
  readonly redisUrl: string | null;
  readonly redisCommandTimeoutMs: number;
  readonly gatewayUrl: string | null;
  readonly gatewayTimeoutMs: number;
  readonly admissionLimit: number;
  readonly admissionLatencyMs: number;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  readonly accessTokenSeconds: number;
  readonly refreshTokenSeconds: number;
  readonly passwordHashMemoryKib: number;
  readonly passwordHashConcurrency: number;
  readonly loginAttempts: number;
  readonly loginAttemptsPerAddress: number;
  readonly registrationsPerAddress: number;
  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  readonly smsUrl: string | null;
  readonly reservationSeconds: number;
  readonly sagaLeaseSeconds: number;
  readonly outboxLeaseSeconds: number;
  readonly eventAttempts: number;
  readonly grafanaUrl: string | null;
  readonly metrics: boolean;
  readonly failpoint: string | null;
  private readonly moduleUrls: ReadonlyMap<string, string>;

  constructor(env: Record<string, string | undefined>) {
    const read = reader(env);
    this.production = read('NODE_ENV') === 'production';
    this.modules = read('MODULES');
    this.host = read('HOST');
    this.port = read('PORT') ?? null;
    this.servesOthers = !LOOPBACK.has(this.host);
    this.trustProxy = read('TRUST_PROXY') ?? null;
    this.logLevel = read('LOG_LEVEL') ?? (this.production ? 'info' : 'warn');
    this.dataDir = resolve(read('DATA_DIR'));
    this.databaseUrl = read('DATABASE_URL') ?? null;
    this.databasePoolSize = read('DATABASE_POOL_SIZE');
    // Their password is known to everybody: nobody gets them by accident where others can reach the port.
    this.seedDemo = read('SEED_DEMO') ?? (!this.production && !this.servesOthers);
    this.rabbitmqUrl = read('RABBITMQ_URL') ?? null;
    this.redisUrl = read('REDIS_URL') ?? null;
    this.redisCommandTimeoutMs = read('REDIS_COMMAND_TIMEOUT_MS');
    this.gatewayUrl = read('GATEWAY_URL') ?? null;
    this.gatewayTimeoutMs = read('GATEWAY_TIMEOUT_MS');
    this.admissionLimit = read('ADMISSION_LIMIT');
    this.admissionLatencyMs = read('ADMISSION_LATENCY_MS');
    this.jwtIssuer = read('JWT_ISSUER');
    this.jwtAudience = read('JWT_AUDIENCE');
    this.accessTokenSeconds = read('ACCESS_TOKEN_SECONDS');
    this.refreshTokenSeconds = read('REFRESH_TOKEN_SECONDS');
    this.passwordHashMemoryKib = read('PASSWORD_HASH_MEMORY_KIB');
    this.passwordHashConcurrency = read('PASSWORD_HASH_CONCURRENCY');
    this.loginAttempts = read('LOGIN_ATTEMPTS');
    this.loginAttemptsPerAddress = read('LOGIN_ATTEMPTS_PER_ADDRESS');
    this.registrationsPerAddress = read('REGISTRATIONS_PER_ADDRESS');
    this.smtpUrl = read('SMTP_URL') ?? null;
    this.mailFrom = read('MAIL_FROM');
    this.smsUrl = read('SMS_URL') ?? null;
    this.reservationSeconds = read('RESERVATION_SECONDS');
    this.sagaLeaseSeconds = read('SAGA_LEASE_SECONDS');
    this.outboxLeaseSeconds = read('OUTBOX_LEASE_SECONDS');
    this.eventAttempts = read('EVENT_ATTEMPTS');
    // Checked with the rest; instrument.ts uses it before there is a Config.
    read('OTEL_EXPORTER_OTLP_ENDPOINT');
    read('TRACES_PER_SECOND');
    this.grafanaUrl = read('GRAFANA_URL') ?? null;
    this.metrics = read('METRICS') === 'on';
    this.failpoint = read('WAYBILL_FAILPOINT') ?? null;
    this.moduleUrls = moduleUrls(read);
    read.finish(this.production ? this.notInProduction() : []);
  }

  private notInProduction(): string[] {
    return [
      ...(this.gatewayUrl === null
        ? ['GATEWAY_URL: needed in production, where no mock gateway is started']
        : []),
      ...(this.seedDemo ? ['SEED_DEMO: demo users are never created in production'] : []),
      ...(this.failpoint === null ? [] : ['WAYBILL_FAILPOINT: a production process is never made to crash']),
    ];
  }

  /** The database that a module has to itself, or null when it shares DATABASE_URL's. */
  databaseUrlOf(module: string): string | null {
    return this.moduleUrls.get(module) ?? null;
  }
}

type Read = {
  <N extends SettingName>(name: N): ReturnType<(typeof SETTINGS)[N]['read']>;
  finish(more: string[]): void;
};

/** Reads settings one by one and tells all that is wrong at once, never with the value that was wrong. */
function reader(env: Record<string, string | undefined>): Read {
  const problems: string[] = [];
  const read = (name: SettingName) => {
    try {
      return SETTINGS[name].read(env[name]);
    } catch (error) {
      problems.push(
        `${name}: ${error instanceof Error ? error.message : 'not valid'} (${SETTINGS[name].description})`,
      );
      return undefined;
    }
  };
  const finish = (more: string[]) => {
    const all = [...problems, ...more];
    if (all.length > 0) throw new ConfigError(all);
  };
  return Object.assign(read, { finish }) as Read;
}

const OWN_DATABASE = '_DATABASE_URL';

function moduleUrls(read: Read): Map<string, string> {
  const names = (Object.keys(SETTINGS) as SettingName[]).filter((name) => name.endsWith(OWN_DATABASE));
  const urls = names.map((name) => [name.slice(0, -OWN_DATABASE.length).toLowerCase(), read(name)]);
  return new Map(urls.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
}

export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((each) => `  ${each}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}
