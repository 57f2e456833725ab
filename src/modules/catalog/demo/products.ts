import type { Kind } from './shapes.js';

export interface DemoProduct {
  sku: string;
  name: string;
  description: string;
  /** Minor units of EUR. */
  price: number;
  picture: { kind: Kind; palette: Palette };
}

/** Colours of a picture: what lies behind, the thing itself, and what is printed on it. */
export interface Palette {
  back: string;
  body: string;
  accent: string;
}

const SAND: Palette = { back: '#f6efe4', body: '#e8a87c', accent: '#41393e' };
const HARBOUR: Palette = { back: '#e3eef4', body: '#2f6690', accent: '#f4d35e' };
const MOSS: Palette = { back: '#e9f0e4', body: '#588157', accent: '#e9c46a' };
const CORAL: Palette = { back: '#fdebe7', body: '#e76f51', accent: '#3d405b' };
const INK: Palette = { back: '#e9e9ef', body: '#2b2d42', accent: '#ef8354' };
const PLUM: Palette = { back: '#f1e8f2', body: '#7b4b94', accent: '#ffd6a5' };
const CREAM: Palette = { back: '#e7ecef', body: '#f5e6cc', accent: '#bc4749' };
const TEAL: Palette = { back: '#e2f2ef', body: '#2a9d8f', accent: '#f4a261' };

function product(
  sku: string,
  name: string,
  price: number,
  kind: Kind,
  palette: Palette,
  description: string,
): DemoProduct {
  return { sku, name, description, price, picture: { kind, palette } };
}

/** What `npm start` puts into an empty shop. */
export const DEMO_PRODUCTS: readonly DemoProduct[] = [
  product(
    'BOTTLE-001',
    'Trail bottle',
    2490,
    'bottle',
    TEAL,
    'Steel, 750 ml, keeps tea hot for a day and water cold for two.',
  ),
  product(
    'BOTTLE-002',
    'Summit bottle',
    2790,
    'bottle',
    CORAL,
    'Steel, 1 l, with a lid that opens with one gloved hand.',
  ),
  product(
    'CANDLE-001',
    'Evening candle',
    1890,
    'candle',
    SAND,
    'Soy wax with cedar and orange. Burns for forty hours.',
  ),
  product(
    'CANDLE-002',
    'Forest candle',
    1890,
    'candle',
    MOSS,
    'Soy wax with fir and moss. Burns for forty hours.',
  ),
  product(
    'CAP-001',
    'Harbour cap',
    2200,
    'cap',
    HARBOUR,
    'Washed cotton, six panels, brass buckle. Fits everyone.',
  ),
  product('CAP-002', 'Signal cap', 2200, 'cap', CORAL, 'Washed cotton in a colour that drivers notice.'),
  product(
    'HOODIE-001',
    'Workshop hoodie',
    5900,
    'hoodie',
    INK,
    'Heavy organic cotton, brushed inside, with a pocket for a tape measure.',
  ),
  product(
    'HOODIE-002',
    'Heather hoodie',
    5900,
    'hoodie',
    PLUM,
    'Heavy organic cotton, brushed inside, in a quiet purple.',
  ),
  product(
    'MUG-001',
    'Harbour mug',
    1290,
    'mug',
    HARBOUR,
    'Stoneware, 350 ml, dishwasher-safe. The one everybody reaches for.',
  ),
  product(
    'MUG-002',
    'Moss mug',
    1290,
    'mug',
    MOSS,
    'Stoneware, 350 ml, with a glaze that is never the same twice.',
  ),
  product(
    'MUG-003',
    'Enamel camping mug',
    1490,
    'mug',
    CREAM,
    'Enamelled steel, 400 ml. Goes on the fire, not into the microwave.',
  ),
  product(
    'NOTE-001',
    'Dotted notebook',
    1450,
    'notebook',
    INK,
    '160 dotted pages, A5, opens flat, with two ribbons.',
  ),
  product(
    'NOTE-002',
    'Field notebook',
    990,
    'notebook',
    SAND,
    '64 squared pages that take rain and pencil alike. Three in a pack.',
  ),
  product(
    'PEN-001',
    'Brass pen',
    3900,
    'pen',
    SAND,
    'Turned from solid brass, takes standard refills and ages well.',
  ),
  product('PEN-002', 'Night pen', 3400, 'pen', INK, 'Black aluminium, quiet click, writes upside down.'),
  product(
    'POSTER-001',
    'Coastline poster',
    1990,
    'poster',
    TEAL,
    '50 × 70 cm on 200 g paper, shipped in a tube.',
  ),
  product(
    'POSTER-002',
    'Night train poster',
    1990,
    'poster',
    PLUM,
    '50 × 70 cm on 200 g paper, shipped in a tube.',
  ),
  product(
    'POSTER-SOLD',
    'First edition poster',
    4900,
    'poster',
    CORAL,
    'Signed and numbered. There were two hundred, and they are gone.',
  ),
  product(
    'SOCKS-001',
    'Wool socks',
    1650,
    'socks',
    CORAL,
    'Merino from the hills, knitted without a seam at the toe.',
  ),
  product(
    'SOCKS-002',
    'Boot socks',
    1850,
    'socks',
    MOSS,
    'Thick merino with a cushioned heel. Two winters at least.',
  ),
  product(
    'TEE-001',
    'Sunrise tee',
    2490,
    'tee',
    CREAM,
    'Organic cotton, 180 g, printed with water-based ink.',
  ),
  product(
    'TEE-002',
    'Deep water tee',
    2490,
    'tee',
    HARBOUR,
    'Organic cotton, 180 g, printed with water-based ink.',
  ),
  product(
    'TOTE-001',
    'Market tote',
    1350,
    'tote',
    SAND,
    'Canvas with long handles. Carries twelve kilos of apples.',
  ),
  product('TOTE-002', 'Library tote', 1350, 'tote', TEAL, 'Canvas with a pocket inside for the card.'),
];
