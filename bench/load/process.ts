import { generate, type LoadOrder } from './generator.js';

/** The load generator as a process of its own, so that it does not slow down whoever measures. Talks over IPC. */
process.on('message', (order: LoadOrder) => {
  generate(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
