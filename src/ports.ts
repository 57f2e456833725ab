/** Where a process listens that hosts one module, or the web page, alone. Without any import, so that a health check starts at once. */
export const PORTS = {
  orders: 8001,
  inventory: 8002,
  payments: 8003,
  users: 8004,
  notifications: 8005,
  catalog: 8006,
  frontend: 3000,
} as const;

/** Where a process listens unless PORT says otherwise: a module alone has a port of its own. */
export function portOf(hosted: readonly string[]): number {
  const [first, ...others] = new Set(hosted);
  const alone = first !== undefined && others.length === 0;
  return (alone && (PORTS as Record<string, number>)[first]) || 8000;
}
