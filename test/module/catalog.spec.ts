import { CatalogApi } from '../../src/modules/catalog/catalog.contract.js';
import { DEMO_PRODUCTS } from '../../src/modules/catalog/demo/products.js';
import { DEMO_STOCK } from '../../src/modules/inventory/demo/stock.js';
import { startWaybill, type WaybillInside } from '../harness.js';

interface Product {
  sku: string;
  name: string;
  description: string;
  price: { amount: number; currency: string };
  imageUrl: string | null;
  active: boolean;
}

interface Listed {
  data: Product[];
  nextCursor: string | null;
}

const EUR = (amount: number) => ({ amount, currency: 'EUR' });

describe('catalog', () => {
  let waybill: WaybillInside;
  let staff: string;
  let alice: string;

  const list = async (query: string, token?: string) =>
    (await waybill.api.get<Listed>(`/products?${query}`, token ? { token } : {})).body;
  const skus = async (query: string, token?: string) => (await list(query, token)).data.map(({ sku }) => sku);
  const create = (body: object, token = staff) =>
    waybill.api.post<Product & { code: string }>('/products', body, { token });
  const update = (sku: string, body: object, token = staff) =>
    waybill.api.put<Product & { code: string }>(`/products/${sku}`, body, { token });
  const price = async (...wanted: string[]) => {
    const client: CatalogApi = waybill.app.get(CatalogApi);
    return (await client.price({ skus: wanted })).products;
  };

  beforeAll(async () => {
    waybill = await startWaybill();
    [staff, alice] = await Promise.all([waybill.api.token('staff'), waybill.api.token('alice')]);
  });

  afterAll(() => waybill?.stop());

  describe('for everybody', () => {
    it('lists the demo products by SKU, page by page, without a gap', async () => {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Listed = await list(`limit=7${cursor === null ? '' : `&cursor=${cursor}`}`);
        expect(page.data.length).toBeLessThanOrEqual(7);
        seen.push(...page.data.map(({ sku }) => sku));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(seen).toEqual(DEMO_PRODUCTS.map(({ sku }) => sku).sort());
      expect(seen).toHaveLength(24);
    });

    it('shows one product in the shape of the contract', async () => {
      const { status, body } = await waybill.api.get<Product>('/products/MUG-001');
      expect(status).toBe(200);
      expect(body).toEqual({
        sku: 'MUG-001',
        name: 'Harbour mug',
        description: expect.any(String),
        price: EUR(1290),
        imageUrl: '/images/products/mug-001.svg',
        active: true,
      });
    });

    it('answers 404 for an unknown SKU and 400 for what is none', async () => {
      const unknown = await waybill.api.get<{ code: string }>('/products/MUG-999');
      expect([unknown.status, unknown.body.code]).toEqual([404, 'CATALOG.NOT_FOUND']);
      const invalid = await waybill.api.get<{ code: string }>('/products/%00');
      expect([invalid.status, invalid.body.code]).toEqual([400, 'REQUEST.INVALID']);
    });

    it('finds products by beginnings of words of name, description and SKU', async () => {
      expect(await skus('q=harb%20mug')).toEqual(['MUG-001']);
      expect(await skus('q=mug-00')).toEqual(['MUG-001', 'MUG-002', 'MUG-003']);
      expect(await skus('q=MERINO')).toEqual(['SOCKS-001', 'SOCKS-002']);
      expect(await skus('q=nothinglikeit')).toEqual([]);
    });

    it.each(['%25', '_', "'; DROP TABLE products --", '!!!', ':*', 'a & | !b', '(', '\\'])(
      'takes %p as text to search for',
      async (q) => {
        const { status } = await waybill.api.get(`/products?q=${encodeURIComponent(decodeURIComponent(q))}`);
        expect(status).toBe(200);
      },
    );

    it.each([
      'limit=0',
      'limit=101',
      'cursor=%21',
      'cursor=bm90IGpzb24',
      'active=maybe',
      'unknown=1',
      'q=%00',
    ])('refuses the query %s', async (query) => {
      const { status } = await waybill.api.get(`/products?${query}`);
      expect(status).toBe(400);
    });

    it('serves a picture of every product, each its own, with nothing that runs', async () => {
      const pictures = await Promise.all(
        (await list('limit=100')).data.map(async ({ imageUrl }) => {
          const response = await fetch(waybill.url + imageUrl);
          expect(response.status).toBe(200);
          expect(response.headers.get('content-type')).toMatch(/^image\/svg\+xml/);
          expect(response.headers.get('cache-control')).toContain('max-age');
          expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
          return response.text();
        }),
      );
      expect(new Set(pictures).size).toBe(24);
      for (const picture of pictures) {
        expect(picture).toMatch(/^<svg [^]*<\/svg>\n$/);
        expect(picture).not.toMatch(/script|href|undefined/);
      }
    });

    it('has no picture under any other name', async () => {
      for (const file of ['mug-999.svg', 'mug-001', '__proto__', '..%2f..%2fpackage.json']) {
        expect((await fetch(`${waybill.url}/images/products/${file}`)).status).toBe(404);
      }
    });
  });

  describe('for staff', () => {
    it('adds a product with defaults, once a SKU', async () => {
      const added = await create({ sku: 'NEW-001', name: ' New thing ', price: EUR(100) });
      expect(added.status).toBe(201);
      expect(added.body).toEqual({
        sku: 'NEW-001',
        name: 'New thing',
        description: '',
        price: EUR(100),
        imageUrl: null,
        active: true,
      });
      const again = await create({ sku: 'NEW-001', name: 'Other thing', price: EUR(100) });
      expect([again.status, again.body.code]).toEqual([409, 'CATALOG.SKU_TAKEN']);
      expect((await waybill.api.get<Product>('/products/NEW-001')).body.name).toBe('New thing');
    });

    it('changes what is given and leaves the rest', async () => {
      await create({ sku: 'NEW-002', name: 'Thing', description: 'Old', price: EUR(100) });
      const { status, body } = await update('NEW-002', {
        price: EUR(250),
        imageUrl: 'https://example.com/a.png?x=1',
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        name: 'Thing',
        description: 'Old',
        price: EUR(250),
        imageUrl: 'https://example.com/a.png?x=1',
      });
      expect((await update('NEW-002', {})).body).toEqual(body);
      expect((await update('NEW-002', { imageUrl: null })).body.imageUrl).toBeNull();
    });

    it('answers 404 when there is nothing to change', async () => {
      const { status, body } = await update('NEW-999', { name: 'Ghost' });
      expect([status, body.code]).toEqual([404, 'CATALOG.NOT_FOUND']);
    });

    it('hides an inactive product from lists, but not from whoever knows it, nor from staff', async () => {
      await create({ sku: 'NEW-003', name: 'Zeppelin', price: EUR(100), active: false });
      expect(await skus('q=zeppelin')).toEqual([]);
      expect(await skus('q=zeppelin', alice)).toEqual([]);
      expect(await skus('q=zeppelin&active=false', alice)).toEqual([]);
      expect(await skus('q=zeppelin', staff)).toEqual(['NEW-003']);
      expect(await skus('q=zeppelin&active=true', staff)).toEqual([]);
      expect(await skus('q=zeppelin&active=false', staff)).toEqual(['NEW-003']);
      expect((await waybill.api.get<Product>('/products/NEW-003')).body.active).toBe(false);
    });

    it.each([
      ['an unknown field', { colour: 'red' }],
      ['a negative price', { price: EUR(-1) }],
      ['a fraction of a cent', { price: EUR(1.5) }],
      ['a price beyond all bounds', { price: EUR(2 ** 53) }],
      ['an unknown currency', { price: { amount: 1, currency: 'eur' } }],
      ['an empty name', { name: ' ' }],
      ['a name over two lines', { name: 'a\nb' }],
      ['a NUL character', { description: 'a\u0000b' }],
      ['half a character', { description: '\ud800' }],
      ['a picture that is a script', { imageUrl: 'javascript:alert(1)' }],
      ['a picture on whatever host', { imageUrl: '//evil.example/a.png' }],
      ['a picture with a quote in its address', { imageUrl: '/a".png' }],
      ['a picture whose address is none', { imageUrl: 'https://[' }],
      ['a number for a flag', { active: 1 }],
    ])('refuses %s', async (_, wrong) => {
      const { status, body } = await create({ sku: 'BAD-001', name: 'Bad', price: EUR(1), ...wrong });
      expect([status, body.code]).toEqual([400, 'REQUEST.INVALID']);
      expect((await update('MUG-002', wrong)).status).toBe(400);
      expect((await waybill.api.get('/products/BAD-001')).status).toBe(404);
    });

    it('is closed to customers and to nobody in particular', async () => {
      expect((await create({ sku: 'BAD-002', name: 'Bad', price: EUR(1) }, alice)).status).toBe(403);
      expect((await update('MUG-002', { name: 'Bad' }, alice)).status).toBe(403);
      expect(
        (await waybill.api.post('/products', { sku: 'BAD-002', name: 'Bad', price: EUR(1) })).status,
      ).toBe(401);
      expect((await waybill.api.put('/products/MUG-002', { name: 'Bad' })).status).toBe(401);
    });
  });

  describe('for other modules', () => {
    it('prices what is known, once each, and leaves out the rest', async () => {
      const products = await price('MUG-001', 'TEE-001', 'MUG-001', 'NOBODY-KNOWS');
      expect(products).toHaveLength(2);
      expect(products).toContainEqual({
        sku: 'MUG-001',
        name: 'Harbour mug',
        price: EUR(1290),
        active: true,
      });
    });

    it('tells a changed price at once', async () => {
      await create({ sku: 'NEW-004', name: 'Thing', price: EUR(100) });
      expect(await price('NEW-004')).toMatchObject([{ price: EUR(100), active: true }]);
      await update('NEW-004', { price: EUR(120), active: false });
      expect(await price('NEW-004')).toMatchObject([{ price: EUR(120), active: false }]);
    });

    it('answers many at once, each its own', async () => {
      const asked = Array.from({ length: 300 }, (_, i) => DEMO_PRODUCTS[i % 24]?.sku ?? '');
      const answers = await Promise.all(asked.map((sku) => price(sku)));
      expect(answers.map(([product]) => product?.sku)).toEqual(asked);
    });
  });

  it('has demo stock of each demo product, and of nothing else', () => {
    expect(DEMO_STOCK.map(({ sku }) => sku).sort()).toEqual(DEMO_PRODUCTS.map(({ sku }) => sku).sort());
  });
});
