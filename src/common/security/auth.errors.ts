import { defineErrors } from '../errors/domain-error.js';

/** Refusals of whoever asks, wherever they ask. */
export const AuthErrors = defineErrors('AUTH', {
  TOKEN_REQUIRED: {
    status: 401,
    title: 'An access token is needed: log in and send it as "Authorization: Bearer …"',
  },
  TOKEN_INVALID: { status: 401, title: 'The access token is not one of ours' },
  TOKEN_EXPIRED: { status: 401, title: 'The access token has expired: get a new one with the refresh token' },
  SESSION_REVOKED: { status: 401, title: 'The session has been ended: log in again' },
  INVALID_CREDENTIALS: { status: 401, title: 'The email address or the password is wrong' },
  REFRESH_INVALID: { status: 401, title: 'The refresh token is not one of ours' },
  REFRESH_EXPIRED: { status: 401, title: 'The refresh token has expired: log in again' },
  REFRESH_REUSED: {
    status: 401,
    title: 'The refresh token was used before, so its session has been ended: log in again',
  },
  FORBIDDEN: { status: 403, title: 'Your role does not allow this' },
  TOO_MANY_ATTEMPTS: { status: 429, title: 'Too many attempts: wait before the next' },
});
