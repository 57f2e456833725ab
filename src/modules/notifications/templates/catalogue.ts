import { z } from 'zod';
import { MoneySchema } from '../../../common/money.js';
import { line, QuantitySchema } from '../../../common/schemas.js';
import type { Kind } from '../domain/kinds.js';
import { moneyText } from '../domain/money-text.js';
import { template } from './template.js';

const Number = line(40).meta({ example: 'WB-2026-000123' });
const Reason = line(500).nullable().default(null);
const Items = z
  .array(z.strictObject({ name: line(200), quantity: QuantitySchema, total: MoneySchema }))
  .min(1)
  .max(100);

const list = (items: z.output<typeof Items>) =>
  items.map(({ name, quantity, total }) => `  ${quantity} x ${name}: ${moneyText(total)}`).join('\n');
const because = (reason: string | null) => (reason ? `: ${reason}` : '');

export const TEMPLATES = {
  'order-confirmed': template(
    z.strictObject({ number: Number, total: MoneySchema, items: Items }),
    ({ number, total, items }) => ({
      subject: `Order ${number} is confirmed`,
      brief: `Your order ${number} over ${moneyText(total)} is confirmed.`,
      body: `thank you. Your order ${number} is paid and confirmed:

${list(items)}

Total: ${moneyText(total)}

We tell you when it is on its way.`,
    }),
  ),
  'order-failed': template(z.strictObject({ number: Number, reason: Reason }), ({ number, reason }) => ({
    subject: `Order ${number} could not be placed`,
    brief: `Your order ${number} could not be placed.`,
    body: `your order ${number} could not be placed${because(reason)}.

You pay nothing for it; an amount that was taken already is given back.`,
  })),
  'order-shipped': template(z.strictObject({ number: Number, items: Items }), ({ number, items }) => ({
    subject: `Order ${number} is on its way`,
    brief: `Your order ${number} is on its way.`,
    body: `your order ${number} is on its way to you:

${list(items)}`,
  })),
  'order-delivered': template(z.strictObject({ number: Number }), ({ number }) => ({
    subject: `Order ${number} was delivered`,
    brief: `Your order ${number} was delivered.`,
    body: `your order ${number} was delivered. We hope you enjoy it.`,
  })),
  'order-cancelled': template(z.strictObject({ number: Number, reason: Reason }), ({ number, reason }) => ({
    subject: `Order ${number} was cancelled`,
    brief: `Your order ${number} was cancelled.`,
    body: `your order ${number} was cancelled${because(reason)}.

What you have paid for it is given back to you.`,
  })),
  'payment-refunded': template(
    z.strictObject({ number: Number.nullable().default(null), amount: MoneySchema, reason: Reason }),
    ({ number, amount, reason }) => ({
      subject: `We refunded ${moneyText(amount)}`,
      brief: `We refunded ${moneyText(amount)}${number ? ` of order ${number}` : ''}.`,
      body: `we refunded ${moneyText(amount)}${number ? ` of your order ${number}` : ''}${because(reason)}.

It can take your bank a few days to show it.`,
    }),
  ),
  welcome: template(z.strictObject({}), () => ({
    subject: 'Welcome to Waybill',
    brief: 'Welcome to Waybill.',
    body: `your account is ready. If it was not you who made it, you need do nothing: without your password nobody can
order in your name.`,
  })),
} as const satisfies Record<Kind, unknown>;

export type VariablesOf<K extends Kind> = z.output<(typeof TEMPLATES)[K]['variables']>;
