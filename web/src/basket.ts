import { Store } from './store';

export interface BasketLine {
  sku: string;
  quantity: number;
}

/** As many as the API takes of one product, and products of one order. */
export const MAX_QUANTITY = 10_000;
const MAX_LINES = 100;
const KEY = 'waybill.basket';

/** Kept in the browser: nobody needs an account to fill it. */
export const basket = new Store<readonly BasketLine[]>(read());

window.addEventListener('storage', ({ key }) => {
  if (key === KEY) basket.set(read());
});

export function addToBasket(sku: string, quantity = 1): void {
  const there = basket.get().find((line) => line.sku === sku)?.quantity ?? 0;
  setQuantity(sku, there + quantity);
}

export function setQuantity(sku: string, quantity: number): void {
  const line = { sku, quantity: Math.min(quantity, MAX_QUANTITY) };
  const lines = basket.get();
  const changed = lines.some((each) => each.sku === sku)
    ? lines.map((each) => (each.sku === sku ? line : each))
    : [...lines, line].slice(0, MAX_LINES);
  write(changed.filter((each) => each.quantity > 0));
}

/** Takes out what was bought; what was put in meanwhile stays. */
export function takeOut(bought: readonly BasketLine[]): void {
  const left = basket.get().map(({ sku, quantity }) => {
    const taken = bought.find((line) => line.sku === sku)?.quantity ?? 0;
    return { sku, quantity: quantity - taken };
  });
  write(left.filter(({ quantity }) => quantity > 0));
}

/** Whether all of it is still there. */
export function isInBasket(wanted: readonly BasketLine[]): boolean {
  const lines = basket.get();
  return wanted.every(({ sku, quantity }) =>
    lines.some((line) => line.sku === sku && line.quantity >= quantity),
  );
}

export function emptyBasket(): void {
  write([]);
}

export function countOf(lines: readonly BasketLine[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0);
}

function write(lines: readonly BasketLine[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(lines));
  } catch {
    // Full or forbidden: it lasts as long as the page, then.
  }
  basket.set(lines);
}

/** Whatever stands there, which may be from another release, or somebody's attempt. */
function read(): BasketLine[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isLine) : [];
  } catch {
    return [];
  }
}

function isLine(value: unknown): value is BasketLine {
  const { sku, quantity } = (value ?? {}) as Partial<BasketLine>;
  return typeof sku === 'string' && Number.isInteger(quantity) && Number(quantity) > 0;
}
