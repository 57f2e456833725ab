import { Client } from 'pg';
import { roleOf, rolePassword, roleSecret } from './module-database.js';

/** One provisioning at a time in a database, whichever processes start together. */
const PROVISION_LOCK = 7_294_001;

/**
 * Sees to a schema and a role for each module. A role owns its own schema and can reach no other, so that SQL
 * across a wall fails. Passwords are those given, or derived. Safe to repeat, also to change a password.
 *
 * Needs a role that may create roles; a module with a database of its own is left out.
 */
export async function provision(
  adminUrl: string,
  modules: readonly string[],
  passwords: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [PROVISION_LOCK]);
    const secret = roleSecret(adminUrl);
    for (const module of modules)
      await provisionModule(client, module, passwords.get(module) ?? rolePassword(module, secret));
  } finally {
    await client.end();
  }
}

async function provisionModule(client: Client, module: string, secret: string): Promise<void> {
  const roleName = roleOf(client.database ?? '', module);
  const role = client.escapeIdentifier(roleName);
  const schema = client.escapeIdentifier(module);
  const database = client.escapeIdentifier(client.database ?? '');
  const password = client.escapeLiteral(secret);
  const known = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [roleName]);
  // Only a superuser may so much as name SUPERUSER in an ALTER; what a role may do was settled when it was made.
  if (known.rowCount) await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${password}`);
  else
    await client.query(`CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${password}`);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${role}`);
  // Before PostgreSQL 16 the creator of a role is not its member and could not give it a schema.
  await client.query(`GRANT ${role} TO CURRENT_USER`);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${role}`);
  await client.query(`REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC`);
  await client.query(`ALTER ROLE ${role} SET search_path = ${schema}`);
}
