import type { BrokerView } from '../evidence.js';
import type { Invariant, Offender } from './invariant.js';

const queues: Invariant = {
  name: 'I16',
  says: 'queues are empty, consumers as many as expected, and dead letters those that were planted',
  canTell: ({ broker }) => broker !== undefined,
  find: ({ broker }) => Promise.resolve(broker ? [...leftInQueues(broker), ...strangeLetters(broker)] : []),
};

function leftInQueues({ queues: all, unacknowledged }: BrokerView): Offender[] {
  return [
    ...all.flatMap(({ name, messages, consumers, expected }) => [
      ...(messages > 0 ? [{ queue: name, messages, problem: 'not empty' }] : []),
      ...(consumers === expected ? [] : [{ queue: name, consumers, expected, problem: 'consumers' }]),
    ]),
    ...(unacknowledged > 0 ? [{ unacknowledged, problem: 'messages that consumers do not let go' }] : []),
  ];
}

function strangeLetters({ deadLetters, planted }: BrokerView): Offender[] {
  const there = new Set(deadLetters.map(({ id }) => id));
  return [
    ...deadLetters
      .filter(({ id }) => !planted.includes(id))
      .map((letter) => ({ ...letter, problem: 'a dead letter that nobody planted' })),
    ...planted
      .filter((id) => !there.has(id))
      .map((id) => ({ id, problem: 'a planted dead letter that is gone' })),
  ];
}

export const BROKER_INVARIANTS = [queues] as const;
