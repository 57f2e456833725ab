export interface DemoStock {
  sku: string;
  /** What lies in the warehouses `main` and `east`. */
  main: number;
  east: number;
  threshold: number;
}

function stock(sku: string, main: number, east: number, threshold = 10): DemoStock {
  return { sku, main, east, threshold };
}

/** Stock of the demo products: enough to play with, CAP-002 low, and of POSTER-SOLD nothing. */
export const DEMO_STOCK: readonly DemoStock[] = [
  stock('BOTTLE-001', 140, 60),
  stock('BOTTLE-002', 90, 30),
  stock('CANDLE-001', 180, 120, 20),
  stock('CANDLE-002', 60, 40, 20),
  stock('CAP-001', 75, 75),
  stock('CAP-002', 4, 3),
  stock('HOODIE-001', 50, 30),
  stock('HOODIE-002', 45, 25),
  stock('MUG-001', 300, 200, 25),
  stock('MUG-002', 160, 90, 25),
  stock('MUG-003', 120, 0, 20),
  stock('NOTE-001', 250, 150, 30),
  stock('NOTE-002', 320, 180, 30),
  stock('PEN-001', 40, 20, 5),
  stock('PEN-002', 60, 0, 5),
  stock('POSTER-001', 110, 40),
  stock('POSTER-002', 95, 55),
  stock('POSTER-SOLD', 0, 0, 0),
  stock('SOCKS-001', 210, 140, 20),
  stock('SOCKS-002', 130, 70, 20),
  stock('TEE-001', 260, 140, 25),
  stock('TEE-002', 220, 180, 25),
  stock('TOTE-001', 150, 50, 15),
  stock('TOTE-002', 0, 80, 15),
];
