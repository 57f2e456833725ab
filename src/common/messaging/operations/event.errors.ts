import { defineErrors } from '../../errors/domain-error.js';

/** Refusals of those who look into events and hand them on again. */
export const EventErrors = defineErrors('EVENT', {
  NOT_FOUND: { status: 404, title: 'There is no such event' },
  MODULE_NOT_HOSTED: { status: 404, title: 'This process does not host the module' },
  NOT_CONSUMED: { status: 422, title: 'The consumer does not take in these events' },
});
