import { useQueries } from '@tanstack/react-query';
import { Problem } from '../api/problem';
import { basket } from '../basket';
import { type Product, productQuery } from '../queries';
import { useStore } from '../store';

export interface PricedLine {
  sku: string;
  quantity: number;
  /** Not there while it is fetched, and when it is not for sale any more. */
  product: Product | undefined;
  isGone: boolean;
}

/** The basket with what the catalogue says of it. `total` only when all of it is known. */
export function usePricedBasket(): { lines: PricedLine[]; total: Product['price'] | null } {
  const basketLines = useStore(basket);
  const answers = useQueries({ queries: basketLines.map(({ sku }) => productQuery(sku)) });
  const lines = basketLines.map((line, index): PricedLine => {
    const { data, error } = answers[index] ?? {};
    return {
      ...line,
      product: data,
      isGone: error !== null && [400, 404].includes(Problem.of(error).status),
    };
  });
  const [first] = lines;
  if (!first?.product) return { lines, total: null };
  const { currency } = first.product.price;
  let amount = 0;
  for (const { product, quantity } of lines) {
    if (product?.price.currency !== currency) return { lines, total: null };
    amount += product.price.amount * quantity;
  }
  return { lines, total: { amount, currency } };
}
