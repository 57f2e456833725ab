import type { Answer } from '../api.js';
import { eventually, type Waybill } from '../harness.js';

export interface OrderView {
  id: string;
  number: string;
  userId: string;
  status: string;
  version: number;
  items: { sku: string; quantity: number; unitPrice: { amount: number }; total: { amount: number } }[];
  total: { amount: number; currency: string };
  note: string | null;
  payment: { id: string; status: string } | null;
  failure: { code: string; detail: string } | null;
}

export interface Stock {
  sku: string;
  onHand: number;
  reserved: number;
  available: number;
}

export interface Movement {
  kind: string;
  orderId: string | null;
  onHandDelta: number;
  reservedDelta: number;
}

export interface Problem {
  code: string;
  status: number;
  detail: string;
}

interface List<T> {
  data: T[];
  nextCursor: string | null;
}

/** Reads back, over HTTP, every side effect that an order may have. */
export class Observer {
  constructor(private readonly waybill: Waybill) {}

  async place(body: unknown, options: { user?: 'alice' | 'bob'; key?: string } = {}) {
    const { api } = this.waybill;
    const token = await api.token(options.user ?? 'alice');
    const answer = await api.post<OrderView & Problem>('/orders', body, {
      token,
      ...(options.key ? { key: options.key } : {}),
    });
    return answer as Answer<OrderView & Problem>;
  }

  async order(id: string): Promise<OrderView> {
    return (await this.asStaff<OrderView>(`/orders/${id}`)).body;
  }

  async latestOrderOf(user: 'alice' | 'bob'): Promise<OrderView> {
    const { api } = this.waybill;
    const { body } = await api.get<List<OrderView>>('/orders?limit=1', { token: await api.token(user) });
    const [order] = body.data;
    if (!order) throw new Error(`${user} has no order`);
    return order;
  }

  async history(id: string) {
    const { body } = await this.asStaff<
      List<{ from: string | null; to: string; by: string; traceId: string | null }>
    >(`/orders/${id}/history`);
    return body.data;
  }

  async stock(sku: string): Promise<Stock> {
    return (await this.asStaff<Stock>(`/inventory/${sku}`)).body;
  }

  async movementsOf(sku: string, orderId: string): Promise<Movement[]> {
    const { body } = await this.asStaff<List<Movement>>(`/inventory/${sku}/movements?limit=100`);
    return body.data.filter((movement) => movement.orderId === orderId);
  }

  async payments(orderId: string) {
    const { api } = this.waybill;
    const { status, body } = await api.get<
      List<{ id: string; status: string; refunded: { amount: number } }>
    >(`/payments/order/${orderId}`, { token: await api.token('staff') });
    return status === 404 ? [] : body.data;
  }

  async mails(orderId: string) {
    const { body } = await this.asStaff<
      List<{ template: string; subject: string; body: string; status: string }>
    >(`/notifications?type=email&orderId=${orderId}`);
    return body.data;
  }

  /** The order, once its saga has come to an end. */
  settled(id: string): Promise<OrderView> {
    return eventually(async () => {
      const order = await this.order(id);
      if (order.status === 'pending') throw new Error(`order ${order.number} is still pending`);
      return order;
    }, 30_000);
  }

  private async asStaff<T>(path: string): Promise<Answer<T>> {
    const { api } = this.waybill;
    const answer = await api.get<T>(path, { token: await api.token('staff') });
    if (answer.status !== 200)
      throw new Error(`GET ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }
}
