/** Does something that no other tab of this browser must do at the same time: they take turns. */
export function exclusively<T>(what: string, work: () => Promise<T>): Promise<T> {
  // Not there on pages without TLS from other machines.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? (locks.request(`waybill.${what}`, work) as Promise<T>) : work();
}
