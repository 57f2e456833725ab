import { SUBJECT_NAMES, type SubjectName } from '../options.js';
import { GROWN } from './grown.js';
import { IDLE } from './idle.js';
import { OPEN_LOOP } from './open-loop.js';
import { ORDER_SUBJECTS } from './orders.js';
import { READS } from './reads.js';
import { SQL_SUBJECTS } from './sql.js';
import type { Subject } from './subject.js';

const SUBJECTS = [...SQL_SUBJECTS, ...ORDER_SUBJECTS, GROWN, OPEN_LOOP, READS, IDLE];

/** Those wanted, in the order in which a round runs them. */
export function subjectsNamed(wanted: readonly SubjectName[]): Subject[] {
  return SUBJECT_NAMES.filter((name) => wanted.includes(name)).flatMap((name) =>
    SUBJECTS.filter((subject) => subject.name === name),
  );
}
