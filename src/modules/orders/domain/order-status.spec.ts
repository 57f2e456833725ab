import { DomainError } from '../../../common/errors/domain-error.js';
import { OrderStatusSchema } from '../orders.contract.js';
import { type Actor, isEditable, mayMove, requireTransition, TRANSITIONS } from './order-status.js';

const STATES = OrderStatusSchema.options;
const ACTORS: Actor[] = ['owner', 'staff', 'system'];

/** All that is allowed, written down once more and apart: from, to, who. */
const ALLOWED = [
  'pending confirmed system',
  'pending failed system',
  'pending cancelled owner',
  'pending cancelled staff',
  'pending cancelled system',
  'confirmed processing staff',
  'confirmed cancelled owner',
  'confirmed cancelled staff',
  'confirmed cancelled system',
  'processing shipped staff',
  'processing cancelled owner',
  'processing cancelled staff',
  'processing cancelled system',
  'shipped delivered staff',
];

describe('order states', () => {
  it('allow just these transitions, of all that there could be', () => {
    const possible = STATES.flatMap((from) =>
      STATES.flatMap((to) => ACTORS.map((actor) => ({ from, to, actor }))),
    );
    const allowed = possible.filter(({ from, to, actor }) => mayMove(from, to, actor));
    expect(allowed.map(({ from, to, actor }) => `${from} ${to} ${actor}`).toSorted()).toEqual(
      ALLOWED.toSorted(),
    );
  });

  it('are all in the table', () => {
    expect(Object.keys(TRANSITIONS).toSorted()).toEqual([...STATES].toSorted());
  });

  it('say what is possible when something is not', () => {
    expect(() => requireTransition('confirmed', 'delivered', 'staff')).toThrow(
      'The order is confirmed and cannot become delivered; it can become processing or cancelled',
    );
    expect(() => requireTransition('failed', 'confirmed', 'system')).toThrow('it stays as it is');
    expect(() => requireTransition('pending', 'confirmed', 'staff')).toThrow(DomainError);
  });

  it('let the owner edit only what nobody has begun to pack', () => {
    expect(STATES.filter(isEditable)).toEqual(['pending', 'confirmed']);
  });
});
