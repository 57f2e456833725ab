import { createHmac } from 'node:crypto';
import type { DataSourceOptions } from 'typeorm';

type Entities = NonNullable<DataSourceOptions['entities']>;
type Migrations = NonNullable<DataSourceOptions['migrations']>;

/** What a module keeps in its schema. */
export interface ModuleSchema {
  entities: Entities;
  migrations: Migrations;
}

/** Where a module's schema is and as whom it is reached. */
export interface ModuleDatabase {
  module: string;
  /** Connection of the module's own role. */
  url: string;
  poolSize: number;
}

/**
 * A module's schema is named after it, its role after the database too (`waybill_orders`): roles belong to the
 * whole server, and a server may hold several Waybills.
 */
export function roleOf(database: string, module: string): string {
  return `${database}_${module}`;
}

/**
 * The password of a module's role, derived from the administrator's, so that every process knows it and none
 * has to store it.
 */
export function rolePassword(module: string, secret: string): string {
  return createHmac('sha256', secret).update(`waybill role ${module}`).digest('base64url');
}

/** What the passwords of roles are derived from: the administrator's. Throws when there is none to derive from. */
export function roleSecret(adminUrl: string): string {
  const { password } = new URL(adminUrl);
  if (password === '')
    throw new Error('DATABASE_URL has no password: anybody could derive those of the modules');
  return decodeURIComponent(password);
}

/** The administrator's URL with a module's role in its place. */
export function moduleUrl(module: string, adminUrl: string): string {
  const url = new URL(adminUrl);
  url.username = roleOf(databaseOf(url), module);
  url.password = rolePassword(module, roleSecret(adminUrl));
  return url.toString();
}

/**
 * Whether a module's own URL is that of its role in the administrator's database. Then the role is made as the URL has
 * it, and processes that know only this URL can reach nothing else.
 */
export function isRoleUrl(moduleUrl: string, module: string, adminUrl: string): boolean {
  const own = new URL(moduleUrl);
  const admin = new URL(adminUrl);
  const server = ({ hostname, port }: URL) => `${hostname}:${port || '5432'}`;
  const sameDatabase = server(own) === server(admin) && databaseOf(own) === databaseOf(admin);
  return sameDatabase && decodeURIComponent(own.username) === roleOf(databaseOf(admin), module);
}

function databaseOf(url: URL): string {
  return decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username);
}

/** TypeORM's options for a module. Timeouts are the server's: pg's own `query_timeout` abandons open transactions. */
export function dataSourceOptions(database: ModuleDatabase, schema: ModuleSchema): DataSourceOptions {
  const { module, url, poolSize } = database;
  return {
    type: 'postgres',
    url,
    schema: module,
    entities: schema.entities,
    migrations: schema.migrations,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    applicationName: `waybill-${module}`,
    poolSize,
    connectTimeoutMS: 3000,
    poolErrorHandler: () => undefined,
    extra: {
      keepAlive: true,
      // Statements that do not wait for each other share a round trip.
      pipeline: true,
      idleTimeoutMillis: 60_000,
      options: [
        `-c search_path=${module}`,
        '-c statement_timeout=10000',
        '-c lock_timeout=5000',
        '-c idle_in_transaction_session_timeout=20000',
        // A plan that is kept was made when its tables were small: what it scanned then, it would scan for ever.
        '-c enable_seqscan=off',
      ].join(' '),
    },
  };
}
