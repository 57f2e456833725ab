import { MODULE_NAMES, SUBSCRIBERS } from '../../src/modules.js';

/** From a module that tells events to one that takes them in. */
export const EVENT_PATHS = MODULE_NAMES.flatMap((from) =>
  SUBSCRIBERS.filter(({ consumes }) => consumes.some(({ module }) => module === from)).map(
    ({ module: to }) => [from, to] as const,
  ),
);
