import { useQueries } from '@tanstack/react-query';
import { Problem } from '../api/problem';
import { basket } from '../basket';
import { type Product, productQuery } from '../queries';
import { useStore } from '../store';

export interface PricedLine {
  sku: string;
  quantity: number;
  /** Not there while it is fetched, and when there is none. */
  product: Product | undefined;
  /** Whether it is not for sale any more. */
  isGone: boolean;
}

interface PricedBasket {
  lines: PricedLine[];
  /** Of what is for sale. Null until all of it is known, and when it is of several currencies. */
  total: Product['price'] | null;
  /** Why some of it is not known. */
  error: Error | null;
  retry: () => void;
}

/** The basket with what the catalogue says of it. */
export function usePricedBasket(): PricedBasket {
  const basketLines = useStore(basket);
  const answers = useQueries({ queries: basketLines.map(({ sku }) => productQuery(sku)) });
  const lines = basketLines.map((line, index): PricedLine => {
    const { data, error } = answers[index] ?? {};
    const isUnknown = error != null && [400, 404].includes(Problem.of(error).status);
    return { ...line, product: data, isGone: isUnknown || data?.active === false };
  });
  const failed = answers.filter((answer, index) => answer.error && !answer.data && !lines[index]?.isGone);
  const retry = () => {
    for (const answer of failed) void answer.refetch();
  };
  return { lines, total: totalOf(lines), error: failed[0]?.error ?? null, retry };
}

function totalOf(lines: readonly PricedLine[]): Product['price'] | null {
  const forSale = lines.filter(({ isGone }) => !isGone);
  const currency = forSale[0]?.product?.price.currency;
  if (currency === undefined) return null;
  let amount = 0;
  for (const { product, quantity } of forSale) {
    if (product?.price.currency !== currency) return null;
    amount += product.price.amount * quantity;
  }
  return { amount, currency };
}
