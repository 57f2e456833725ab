import { defineErrors } from '../../common/errors/domain-error.js';

export const UserErrors = defineErrors('USER', {
  NOT_FOUND: { status: 404, title: 'There is no such user' },
  SESSION_NOT_FOUND: { status: 404, title: 'You have no such session' },
  EMAIL_TAKEN: { status: 409, title: 'The email address belongs to another user' },
  LAST_ADMIN: { status: 409, title: 'The last active administrator must stay one' },
  SUSPENDED: { status: 403, title: 'The user is suspended' },
  WRONG_PASSWORD: { status: 403, title: 'The current password is wrong' },
  WEAK_PASSWORD: { status: 400, title: 'The password is too easy to guess' },
});
