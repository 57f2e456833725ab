import { z } from 'zod';
import { type ClientOf, defineApi, defineEvents, event, rpc } from '../../common/messaging/contract.js';
import { IdSchema, TimeSchema } from '../../common/schemas.js';

export const UserStatusSchema = z.enum(['active', 'suspended']);

/** What other modules may know of a user in order to write to them. */
const ContactSchema = z.object({ userId: IdSchema, email: z.string(), name: z.string() });

/** So many fit into a message with room to spare, and end in ten seconds at 500 a second. */
export const MAX_REVOCATIONS = 5000;

export const UsersApi = defineApi('users', {
  /** Refuses unless the user exists and is active and, when a session is named, that session is not revoked. */
  requireActive: rpc({
    input: z.object({ userId: IdSchema, sessionId: IdSchema.optional() }),
    output: z.object({ userId: IdSchema }),
    errors: ['USER.NOT_FOUND', 'USER.SUSPENDED', 'AUTH.SESSION_REVOKED'],
    idempotent: true,
  }),
  /** Addresses of users; unknown ids are left out. */
  contacts: rpc({
    input: z.object({ userIds: z.array(IdSchema).max(1000) }),
    output: z.object({ contacts: z.array(ContactSchema) }),
    errors: [],
    idempotent: true,
  }),
  /** The public keys (JWKS) with which access tokens are verified. */
  publicKeys: rpc({
    input: z.object({}),
    output: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
    errors: [],
    idempotent: true,
  }),
  /**
   * Sessions ended so recently that an access token of theirs may still be alive, newest first. Of more than fit
   * the newest: whoever asks every few seconds has heard of the others before.
   */
  recentRevocations: rpc({
    input: z.object({}),
    output: z.object({
      sessions: z.array(z.object({ sessionId: IdSchema, until: TimeSchema })).max(MAX_REVOCATIONS),
    }),
    errors: [],
    idempotent: true,
  }),
});
export type UsersApi = ClientOf<typeof UsersApi>;

export const UserEvents = defineEvents('users', {
  registered: event({
    payload: z.object({ userId: IdSchema, name: z.string(), registeredAt: TimeSchema }),
    key: ({ userId }) => userId,
  }),
});
