import { z } from 'zod';
import { OpenApiSchemas } from './openapi-schemas.js';

const Money = z
  .strictObject({ amount: z.int(), currency: z.string() })
  .meta({ id: 'Money', example: { amount: 1, currency: 'EUR' } });
const Product = z.object({ sku: z.string(), price: Money }).meta({ id: 'Product' });

describe('OpenApiSchemas', () => {
  it('makes a component of a schema with an id, with its example', () => {
    const { schema, components } = new OpenApiSchemas().convert(Money, 'output') ?? {};
    expect(schema).toEqual({ $ref: '#/components/schemas/Money' });
    expect(components?.['Money']).toMatchObject({ type: 'object', example: { amount: 1, currency: 'EUR' } });
  });

  it('points from one component to another', () => {
    const { components } = new OpenApiSchemas().convert(Product, 'output') ?? {};
    expect(components?.['Product']?.properties?.['price']).toEqual({ $ref: '#/components/schemas/Money' });
  });

  it('uses one name for both directions when they are the same', () => {
    const schemas = new OpenApiSchemas();
    expect(schemas.convert(Money, 'input')).toEqual(schemas.convert(Money, 'output'));
  });

  describe('where what is taken in differs from what is answered', () => {
    const documentOf = (...uses: ['input' | 'output', z.ZodType][]) => {
      const schemas = new OpenApiSchemas();
      const converted = uses.map(([direction, schema]) => schemas.convert(schema, direction));
      const components = {
        schemas: Object.assign({}, ...converted.map((each) => each?.components)) as Record<string, object>,
      };
      const paths = { '/': Object.fromEntries(converted.map((each, index) => [index, each?.schema])) };
      return schemas.nameInputs({ openapi: '3.1.0', info: { title: '', version: '' }, paths, components });
    };
    const namesIn = (document: { components?: { schemas?: object } }) =>
      Object.keys(document.components?.schemas ?? {}).sort();

    it('gives each a name of its own', () => {
      const document = documentOf(['input', Product], ['output', Product]);
      expect(namesIn(document)).toEqual(['Money', 'Product', 'ProductInput']);
      expect(document.paths['/']).toEqual({
        0: { $ref: '#/components/schemas/ProductInput' },
        1: { $ref: '#/components/schemas/Product' },
      });
      expect(document.components?.schemas?.['ProductInput']).not.toHaveProperty('additionalProperties');
      expect(document.components?.schemas?.['Product']).toHaveProperty('additionalProperties', false);
    });

    it('keeps the plain name where there is only one', () => {
      const document = documentOf(['input', Product]);
      expect(namesIn(document)).toEqual(['Money', 'Product']);
      expect(document.paths['/']).toEqual({ 0: { $ref: '#/components/schemas/Product' } });
    });

    it('names what refers to it accordingly', () => {
      const Page = z.strictObject({ data: z.array(Product) }).meta({ id: 'Page' });
      const document = documentOf(['input', Page], ['output', Page]);
      expect(namesIn(document)).toEqual(['Money', 'Page', 'PageInput', 'Product', 'ProductInput']);
      expect(JSON.stringify(document.components?.schemas?.['PageInput'])).toContain(
        '#/components/schemas/ProductInput"',
      );
    });

    it('ends with schemas that contain themselves', () => {
      const Node = z
        .object({
          get children() {
            return z.array(Node);
          },
        })
        .meta({ id: 'Node' });
      const document = documentOf(['input', Node]);
      expect(namesIn(document)).toEqual(['Node']);
      expect(JSON.stringify(document.components)).toContain('#/components/schemas/Node"');
    });
  });

  it('refuses two different schemas with one id', () => {
    const schemas = new OpenApiSchemas();
    schemas.convert(z.object({ a: z.string() }).meta({ id: 'Twice' }), 'output');
    expect(() => schemas.convert(z.object({ b: z.string() }).meta({ id: 'Twice' }), 'output')).toThrow(
      'Two different schemas have the id Twice',
    );
  });

  it('leaves out patterns of formats and the bounds of all integers', () => {
    const schema = z.object({ id: z.uuid(), at: z.iso.datetime(), count: z.int(), few: z.int().max(5) });
    expect(new OpenApiSchemas().convert(schema, 'input')?.schema.properties).toEqual({
      id: { type: 'string', format: 'uuid' },
      at: { type: 'string', format: 'date-time' },
      count: { type: 'integer' },
      few: { type: 'integer', maximum: 5 },
    });
  });

  it('gives null for what is not a zod schema', () => {
    expect(new OpenApiSchemas().convert({ type: 'object' }, 'input')).toBeNull();
  });
});
