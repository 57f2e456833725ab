import { defineErrors } from '../../common/errors/domain-error.js';

export const NotificationErrors = defineErrors('NOTIFICATION', {
  NOT_FOUND: { status: 404, title: 'Notification not found' },
  USER_NOT_FOUND: { status: 404, title: 'There is no such user to notify' },
  INVALID_VARIABLES: { status: 400, title: 'The variables do not fit the template' },
  NO_PHONE: { status: 409, title: 'The user has given no phone number' },
  PHONE_REQUIRED: { status: 400, title: 'Text messages need a phone number' },
  /** On the WebSocket only. */
  AUTH_TIMEOUT: { status: 408, title: 'Nobody said who is there in time' },
  BAD_MESSAGE: { status: 400, title: 'This message is not understood' },
  TOO_MANY_CONNECTIONS: { status: 429, title: 'This user has too many connections open' },
});
