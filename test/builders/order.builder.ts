export interface OrderRequest {
  items: { sku: string; quantity: number }[];
  payment: { method: string; token: string };
  shippingAddress: Record<string, string | null>;
  note?: string | null;
}

const ADDRESS = {
  name: 'Alice Example',
  line1: 'Hauptstraße 1',
  line2: null,
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
};

/** `anOrder().withLine('MUG-001', 2).paidWith('tok_declined').build()` */
export class OrderBuilder {
  private readonly items: OrderRequest['items'] = [];
  private token = 'tok_visa';
  private note: string | null = null;

  withLine(sku: string, quantity = 1): this {
    this.items.push({ sku, quantity });
    return this;
  }

  paidWith(token: string): this {
    this.token = token;
    return this;
  }

  withNote(note: string): this {
    this.note = note;
    return this;
  }

  build(): OrderRequest {
    return {
      items: this.items.length > 0 ? this.items : [{ sku: 'MUG-001', quantity: 1 }],
      payment: { method: 'card', token: this.token },
      shippingAddress: ADDRESS,
      note: this.note,
    };
  }
}

export function anOrder(): OrderBuilder {
  return new OrderBuilder();
}
