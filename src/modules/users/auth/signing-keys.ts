import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { type Tx, UnitOfWork } from '../../../common/persistence/unit-of-work.js';
import { Poller } from '../../../common/poller.js';
import { TOKEN_ALGORITHM } from '../../../common/security/token-verifier.js';
import type { JwksDto } from '../users.schemas.js';

/** A key signs for this long. */
const ROTATE_AFTER = "interval '30 days'";
/** A new key is published before it signs, so that every verifier has it by then (they look every 5 minutes). */
const PUBLISH_AHEAD = "interval '10 minutes'";
/** An old key stays published while tokens that it signed live: an hour at most, and a margin. */
const PUBLISH_AFTER = "interval '70 minutes'";
const RELOAD_MS = 60_000;

export interface SigningKey {
  kid: string;
  key: CryptoKey;
}

/**
 * The Ed25519 keys that sign access tokens. They live in the users' schema, which only its role can read; other
 * modules see the public halves. Processes that start together agree on one key.
 */
@Injectable()
export class SigningKeys implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private signing: SigningKey | null = null;
  private readonly upkeep: Poller;

  constructor(private readonly uow: UnitOfWork) {
    this.upkeep = new Poller({
      name: 'signing key rotation',
      module: uow.module,
      intervalMs: RELOAD_MS,
      task: async () => {
        await this.refresh();
        return 0;
      },
    });
  }

  async onModuleInit(): Promise<void> {
    await this.refresh();
  }

  onApplicationBootstrap(): void {
    this.upkeep.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.upkeep.stop();
  }

  /** The key to sign with now. */
  current(): SigningKey {
    if (!this.signing) throw new Error('The signing keys are not loaded yet');
    return this.signing;
  }

  /** The keys that tokens alive now may be signed with. */
  async published(): Promise<JwksDto> {
    const rows = await this.uow.rows<{ public_jwk: JwksDto['keys'][number] }>(
      'SELECT public_jwk FROM signing_keys WHERE retired_at IS NULL OR retired_at > now() ORDER BY active_from DESC',
    );
    return { keys: rows.map((row) => row.public_jwk) };
  }

  /** Makes a new key at once, which takes over in ten minutes (the very first one now). */
  async rotate(): Promise<void> {
    await this.uow.run((tx) => this.replace(tx, 'true'));
    await this.load();
  }

  private async refresh(): Promise<void> {
    const [row] = await this.uow.rows(
      `SELECT 1 FROM signing_keys WHERE created_at > now() - ${ROTATE_AFTER} LIMIT 1`,
    );
    if (!row) await this.uow.run((tx) => this.replace(tx, `max(created_at) < now() - ${ROTATE_AFTER}`));
    await this.load();
  }

  /** Adds a key if there is none or the condition holds, which one transaction at a time finds out. */
  private async replace(tx: Tx, condition: string): Promise<void> {
    await tx.rows('LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE');
    const [state] = await tx.rows<{ due: boolean; first: boolean }>(
      `SELECT coalesce(${condition}, true) AS due, count(*) = 0 AS first FROM signing_keys`,
    );
    if (!state?.due) return;
    const { kid, privateJwk, publicJwk } = await newKey();
    await tx.rows(
      `UPDATE signing_keys SET retired_at = now() + ${PUBLISH_AHEAD} + ${PUBLISH_AFTER} WHERE retired_at IS NULL`,
    );
    await tx.rows("DELETE FROM signing_keys WHERE retired_at < now() - interval '1 day'");
    await tx.rows(
      `INSERT INTO signing_keys (kid, private_jwk, public_jwk, active_from)
       VALUES ($1, $2, $3, now() + CASE WHEN $4 THEN interval '0' ELSE ${PUBLISH_AHEAD} END)`,
      [kid, JSON.stringify(privateJwk), JSON.stringify(publicJwk), state.first],
    );
  }

  private async load(): Promise<void> {
    const [row] = await this.uow.rows<{ kid: string; private_jwk: JWK }>(
      'SELECT kid, private_jwk FROM signing_keys WHERE active_from <= now() ORDER BY active_from DESC LIMIT 1',
    );
    if (!row) throw new Error('There is no signing key');
    if (row.kid === this.signing?.kid) return;
    this.signing = { kid: row.kid, key: (await importJWK(row.private_jwk, TOKEN_ALGORITHM)) as CryptoKey };
  }
}

async function newKey() {
  const pair = await generateKeyPair(TOKEN_ALGORITHM, { crv: 'Ed25519', extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const common = { kid, alg: TOKEN_ALGORITHM, use: 'sig' };
  return { kid, privateJwk: await exportJWK(pair.privateKey), publicJwk: { ...publicJwk, ...common } };
}
