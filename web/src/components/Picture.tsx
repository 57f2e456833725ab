import type { Product } from '../queries';

/** A product's name stands beside it, so its picture says nothing more. */
export function Picture({ product: { imageUrl } }: { product: Product }) {
  return imageUrl ? (
    <img className="picture" src={imageUrl} alt="" loading="lazy" />
  ) : (
    <div className="picture" />
  );
}
