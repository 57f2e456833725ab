import { z } from 'zod';
import { PageQuery, pageOf } from '../../common/http/paging.js';
import { IdSchema, line, text, TimeSchema } from '../../common/schemas.js';
import { ROLES } from '../../common/security/principal.js';
import { MAX_PASSWORD, MIN_PASSWORD } from './domain/password-policy.js';
import { UserStatusSchema } from './users.contract.js';

/** Trimmed and in lower case before anything else looks at it, so that each mailbox is one user. */
const EmailSchema = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email('must be an email address'))
  .meta({ format: 'email', example: 'alice@waybill.test' });

const NewPasswordSchema = text(MAX_PASSWORD, MIN_PASSWORD).meta({
  format: 'password',
  example: 'a long passphrase',
});
/** Any text: an old password need not follow today's rules. */
const PasswordSchema = text(MAX_PASSWORD, 1).meta({ format: 'password', example: 'waybill-demo' });
const NameSchema = line(100).meta({ example: 'Alice' });
const RoleSchema = z.enum(ROLES);

export const RegisterBody = z
  .strictObject({ email: EmailSchema, password: NewPasswordSchema, name: NameSchema })
  .meta({ example: { email: 'carol@example.org', password: 'a long passphrase', name: 'Carol' } });
export type RegisterBody = z.infer<typeof RegisterBody>;

export const LoginBody = z
  .strictObject({
    email: EmailSchema,
    password: PasswordSchema,
    cookie: z.boolean().optional().meta({
      description: 'For browsers: keeps the refresh token in an HttpOnly cookie instead of the answer',
    }),
  })
  .meta({ example: { email: 'alice@waybill.test', password: 'waybill-demo' } });
export type LoginBody = z.infer<typeof LoginBody>;

export const RefreshBody = z
  .strictObject({
    refreshToken: text(200, 1)
      .optional()
      .meta({ description: 'Left out: the one in the cookie that a login has set' }),
  })
  .meta({ example: { refreshToken: 'the refreshToken of your login' } });

export const ChangePasswordBody = z
  .strictObject({ currentPassword: PasswordSchema, newPassword: NewPasswordSchema })
  .meta({ example: { currentPassword: 'waybill-demo', newPassword: 'waybill-demo' } });
export type ChangePasswordBody = z.infer<typeof ChangePasswordBody>;

export const UpdateUserBody = z
  .strictObject({
    email: EmailSchema.optional(),
    name: NameSchema.optional(),
    roles: z.array(RoleSchema).min(1).max(ROLES.length).optional(),
    status: UserStatusSchema.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'must change something: email, name, roles or status')
  .meta({ example: { name: 'Alice Archer' } });
export type UpdateUserBody = z.infer<typeof UpdateUserBody>;

export const UsersQuery = PageQuery.extend({
  q: line(100).optional().meta({ description: 'Part of an email address or a name', example: 'alice' }),
});
export type UsersQuery = z.infer<typeof UsersQuery>;

export const UserSchema = z
  .object({
    id: IdSchema,
    email: z.string().meta({ example: 'alice@waybill.test' }),
    name: z.string().meta({ example: 'Alice' }),
    roles: z.array(RoleSchema).meta({ example: ['customer'] }),
    status: UserStatusSchema,
    createdAt: TimeSchema,
  })
  .meta({ id: 'User' });
export type UserDto = z.infer<typeof UserSchema>;

export const TokensSchema = z
  .object({
    accessToken: z.string().meta({ description: 'A JWT; send it as "Authorization: Bearer …"' }),
    refreshToken: z
      .string()
      .optional()
      .meta({ description: 'Works once: each refresh gives the next one. Not there when a cookie keeps it' }),
    expiresIn: z.int().meta({ description: 'Seconds until the access token expires', example: 300 }),
  })
  .meta({ id: 'Tokens' });
/** What a login or a refresh gives. */
export type Tokens = z.infer<typeof TokensSchema> & { refreshToken: string };

export const SessionSchema = z
  .object({
    id: IdSchema,
    createdAt: TimeSchema,
    lastUsedAt: TimeSchema,
    userAgent: z.string().nullable().meta({ example: 'curl/8.5.0' }),
    address: z.string().nullable().meta({ example: '192.0.2.7' }),
    current: z.boolean().meta({ description: 'The session that asks' }),
  })
  .meta({ id: 'Session' });
export type SessionDto = z.infer<typeof SessionSchema>;

export const JwksSchema = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid: z.string(),
        alg: z.literal('EdDSA'),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({ id: 'Jwks' });
export type JwksDto = z.infer<typeof JwksSchema>;

export const UserPage = pageOf(UserSchema).meta({ id: 'UserPage' });
export const SessionPage = pageOf(SessionSchema).meta({ id: 'SessionPage' });
