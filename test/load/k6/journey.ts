import { customers, type Person, staffToken, tokenOf } from './people.ts';
import { browse, deliver, lookAt, oneOf, place, type Product, productsInStock } from './shop.ts';

export interface Shop {
  people: Person[];
  products: Product[];
}

/** So much that no run buys it empty. */
const PLENTY = 100_000;

export function openShop(): Shop {
  const people = customers();
  const products = productsInStock();
  deliver(staffToken(), products, PLENTY);
  return { people, products };
}

/** What customers do: look around, order one thing, look at the order. Five requests. */
export function visit({ people, products }: Shop): void {
  const product = oneOf(products);
  browse(product);
  const token = tokenOf(people);
  if (!token) return;
  const order = place(product, token);
  if (order) lookAt(order, token);
}
