import { requireFreePort } from '../../src/port-check.js';
import { freePort } from '../free-port.js';

/** The port wanted, or a free one. @throws when the one wanted is taken */
export async function portFor(name: string, wanted = 0): Promise<number> {
  if (wanted === 0) return freePort();
  try {
    await requireFreePort('127.0.0.1', wanted);
    return wanted;
  } catch (error) {
    throw new Error(`${name} cannot have port ${wanted} of 127.0.0.1, something else listens there`, {
      cause: error,
    });
  }
}
