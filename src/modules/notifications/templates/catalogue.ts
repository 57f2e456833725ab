import { z } from 'zod';
import { MoneySchema } from '../../../common/money.js';
import { line, QuantitySchema } from '../../../common/schemas.js';
import type { Kind } from '../domain/kinds.js';
import type { Template } from './template.js';

const Number = line(40).meta({ example: 'WB-2026-000123' });
const Reason = line(500).nullable().default(null);
const Items = z
  .array(z.strictObject({ name: line(200), quantity: QuantitySchema, total: MoneySchema }))
  .min(1)
  .max(100);

const ITEMS = `{% for item in items %}  {{ item.quantity }} x {{ item.name }}: {{ item.total | money }}
{% endfor %}`;
const SIGNATURE = `Yours,
Waybill`;

/** `greeting` is there in every template. */
export const TEMPLATES = {
  'order-confirmed': {
    variables: z.strictObject({ number: Number, total: MoneySchema, items: Items }),
    subject: 'Order {{ number }} is confirmed',
    brief: 'Your order {{ number }} over {{ total | money }} is confirmed.',
    body: `{{ greeting }}

thank you. Your order {{ number }} is paid and confirmed:

${ITEMS}
Total: {{ total | money }}

We tell you when it is on its way.

${SIGNATURE}`,
  },
  'order-failed': {
    variables: z.strictObject({ number: Number, reason: Reason }),
    subject: 'Order {{ number }} could not be placed',
    brief: 'Your order {{ number }} could not be placed.',
    body: `{{ greeting }}

your order {{ number }} could not be placed{% if reason %}: {{ reason }}{% endif %}.

You pay nothing for it; an amount that was taken already is given back.

${SIGNATURE}`,
  },
  'order-shipped': {
    variables: z.strictObject({ number: Number, items: Items }),
    subject: 'Order {{ number }} is on its way',
    brief: 'Your order {{ number }} is on its way.',
    body: `{{ greeting }}

your order {{ number }} is on its way to you:

${ITEMS}
${SIGNATURE}`,
  },
  'order-delivered': {
    variables: z.strictObject({ number: Number }),
    subject: 'Order {{ number }} was delivered',
    brief: 'Your order {{ number }} was delivered.',
    body: `{{ greeting }}

your order {{ number }} was delivered. We hope you enjoy it.

${SIGNATURE}`,
  },
  'order-cancelled': {
    variables: z.strictObject({ number: Number, reason: Reason }),
    subject: 'Order {{ number }} was cancelled',
    brief: 'Your order {{ number }} was cancelled.',
    body: `{{ greeting }}

your order {{ number }} was cancelled{% if reason %}: {{ reason }}{% endif %}.

What you have paid for it is given back to you.

${SIGNATURE}`,
  },
  'payment-refunded': {
    variables: z.strictObject({
      number: Number.nullable().default(null),
      amount: MoneySchema,
      reason: Reason,
    }),
    subject: 'We refunded {{ amount | money }}',
    brief: 'We refunded {{ amount | money }}{% if number %} of order {{ number }}{% endif %}.',
    body: `{{ greeting }}

we refunded {{ amount | money }}{% if number %} of your order {{ number }}{% endif %}{% if reason %}: {{ reason }}{% endif %}.

It can take your bank a few days to show it.

${SIGNATURE}`,
  },
  welcome: {
    variables: z.strictObject({}),
    subject: 'Welcome to Waybill',
    brief: 'Welcome to Waybill.',
    body: `{{ greeting }}

your account is ready. If it was not you who made it, you need do nothing: without your password nobody can
order in your name.

${SIGNATURE}`,
  },
} as const satisfies Record<Kind, Template>;

export type VariablesOf<K extends Kind> = z.output<(typeof TEMPLATES)[K]['variables']>;
