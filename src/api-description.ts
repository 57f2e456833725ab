import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './common/config/config.js';
import type { ApiDescription } from './common/http/documentation.js';
import type { Placeholder } from './common/http/documentation-page.js';

const ABOUT = `
Waybill takes orders: it prices them from the catalogue, reserves the stock, takes the payment and tells the customer.
No order is lost, oversold or charged twice.
`;

const TRY_IT = `
## Try it

1. **POST /api/v1/users/login**: press *Execute* as it stands. You are alice, a customer, and this page keeps her token.
2. **POST /api/v1/orders**: *Execute* again. The answer is 201, and the order is \`confirmed\`.
3. **GET /api/v1/orders**: there it is. Its history, its payment, cancelling it: the page puts the \`id\` of what it saw
   last where an example needs one.

A token lives for some minutes: a 401 means log in again. The demo users are \`alice\`, \`bob\` (customers), \`staff\` and
\`admin\`, each \`@waybill.test\` with the password \`waybill-demo\`.

| card token | what the gateway does |
| --- | --- |
| \`tok_visa\`, \`tok_mastercard\` | takes the payment |
| \`tok_declined\`, \`tok_insufficient_funds\` | declines: 402 \`PAYMENT.DECLINED\`, and the stock is free again |
| \`tok_slow\` | takes it after two seconds |
| \`tok_gateway_error\` | answers 503 |
| \`tok_gateway_timeout\` | takes it, and never answers: the order settles by itself |
`;

const RULES = `
## Good to know

- **Money** is an integer in minor units with its currency: 49.90 EUR is \`{ "amount": 4990, "currency": "EUR" }\`.
- **Errors** are \`application/problem+json\` (RFC 9457) with a stable \`code\` such as \`INVENTORY.OUT_OF_STOCK\`. One with
  a \`Retry-After\` header may do better later.
- **Idempotency-Key**: the same key and body give the first answer again; another body under the key is 422; while the
  first is still running it is 409. Send one with whatever moves money or stock, and a retry does no harm.
- **Lists** answer \`{ "data": [], "nextCursor": null }\`. Send \`nextCursor\` as \`cursor\` for the next page.
- **Versions**: changing an order takes its version in \`If-Match\`; a stale one is 412.
- **WebSocket** \`/ws\`: send \`{ "type": "auth", "token": "…" }\`, and order and stock events arrive as they happen.
`;

const TAGS = [
  { name: 'orders', description: 'Place, follow, change and cancel orders' },
  { name: 'catalog', description: 'Products and their prices' },
  { name: 'inventory', description: 'Stock by warehouse, reservations and movements' },
  { name: 'payments', description: 'Payments and refunds' },
  { name: 'users', description: 'Accounts, logins and sessions' },
  { name: 'notifications', description: 'What was sent to whom, and what people want to hear' },
  { name: 'events', description: 'The log of what each module has told, and what could not be taken in' },
  { name: 'system', description: 'Health and metrics of this process' },
];

const AN_ID = '0199c0de-0000-7000-8000-000000000001';

/** Examples with the id of an order and the like: the page puts in the last one that it has seen. */
const PLACEHOLDERS: Placeholder[] = [
  { before: '/orders/', example: AN_ID, from: '/api/v1/orders', field: 'id' },
  { before: '/payments/order/', example: AN_ID, from: '/api/v1/orders', field: 'id' },
  { before: '"orderId": "', example: AN_ID, from: '/api/v1/orders', field: 'id' },
  { before: '/payments/', example: AN_ID, from: '/api/v1/payments', field: 'id' },
  { before: '/notifications/', example: AN_ID, from: '/api/v1/notifications', field: 'id' },
  { before: '/sessions/', example: AN_ID, from: '/api/v1/users/me/sessions', field: 'id' },
  {
    before: '"refreshToken": "',
    example: 'the refreshToken of your login',
    from: '/api/v1/users',
    field: 'refreshToken',
  },
];

/** What the API page tells; how to try it only where the demo users are. */
export function apiDescription(config: Config): ApiDescription {
  return {
    title: 'Waybill',
    version: packageVersion(),
    description: [ABOUT, config.seedDemo ? TRY_IT : '', RULES].join('').trim(),
    tags: TAGS,
    placeholders: PLACEHOLDERS,
  };
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
