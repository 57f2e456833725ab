import { DEMO_PRODUCTS, type DemoProduct } from './products.js';
import { SHAPES } from './shapes.js';

const FOLDER = '/images/products';

const byFile = new Map(DEMO_PRODUCTS.map((product) => [fileOf(product.sku), product]));

/** Where a demo product's picture is served. */
export function pictureUrl(sku: string): string {
  return `${FOLDER}/${fileOf(sku)}`;
}

/** The picture served under a file name such as `mug-001.svg`, or undefined. */
export function pictureOf(file: string): string | undefined {
  const product = byFile.get(file);
  return product && draw(product);
}

function fileOf(sku: string): string {
  return `${sku.toLowerCase()}.svg`;
}

/** No script, no style and nothing loaded from elsewhere, so that the strictest content policy shows it. */
function draw({ name, picture: { kind, palette } }: DemoProduct): string {
  const { back, body, accent } = palette;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img" aria-label="${name}">
  <rect width="400" height="400" fill="${back}"/>
  <circle cx="200" cy="196" r="164" fill="#fff" fill-opacity="0.5"/>
  <ellipse cx="200" cy="336" rx="124" ry="16" fill="#000" fill-opacity="0.1"/>${SHAPES[kind](body, accent)}
</svg>
`;
}
