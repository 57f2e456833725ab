/** Waits for work to end, well or badly, but not longer than that. */
export async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, patience]);
  } catch {
    // It has ended.
  } finally {
    clearTimeout(timer);
  }
}
