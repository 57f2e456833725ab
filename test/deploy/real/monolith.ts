import { DATABASE, type Stack } from '../stack.js';
import { checks, comesUp, HIDDEN, recovers, restores, takesAnOrder } from './every-placement.js';
import { step } from './telling.js';

/** VM 1, with one process. */
export async function monolith(stack: Stack): Promise<void> {
  await step('One process', () => comesUp(stack, HIDDEN));
  const shopper = await step('An order', () => takesAnOrder());
  await step('A crash of all of it', () => recovers(stack, shopper, 'waybill'));
  await step('The database in use', () => checks(DATABASE));
  await step('Backup and restore', () => restores(stack));
}
