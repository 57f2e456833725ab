/** Runs at once, and again at the end of each while in which it was called; not more often than that. */
export function throttled(everyMs: number, run: () => void): () => void {
  let isWaiting = false;
  let isWanted = false;
  const go = () => {
    isWanted = false;
    isWaiting = true;
    run();
    window.setTimeout(() => {
      isWaiting = false;
      if (isWanted) go();
    }, everyMs);
  };
  return () => {
    if (isWaiting) isWanted = true;
    else go();
  };
}
