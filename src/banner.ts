/** What a person who has just started Waybill wants to know. */
export interface BannerFacts {
  /** Where it listens, without a slash at the end. */
  url: string;
  dataDir: string;
  /** The modules that run here, when others run elsewhere; null when all do. */
  only: readonly string[] | null;
  /** Whether the demo users and products are there. */
  demo: boolean;
}

const JSON_HEADER = `-H 'Content-Type: application/json'`;

/** What `npm start` prints when it is ready. */
export function banner({ url, dataDir, only, demo }: BannerFacts): string {
  if (only !== null)
    return `Waybill listens: ${only.join(', ')} at ${url} (docs at ${url}/docs; ${url}/ready says when it is ready)`;
  const head = `
Waybill is ready.

  Shop  ${url}
  API   ${url}/api/v1
  Docs  ${url}/docs
  Data  ${dataDir}  (kept between runs; delete the folder to start afresh)
`;
  return demo
    ? `${head}${users()}\nTry it, in another terminal:\n\n${demoCommands(url).join('\n\n')}\n\n`
    : `${head}\n`;
}

function users(): string {
  return `
  Demo users, password waybill-demo:
    alice@waybill.test, bob@waybill.test (customers)   staff@waybill.test   admin@waybill.test
`;
}

/** Log in, place an order, look at it: three commands for any POSIX shell with curl. */
export function demoCommands(url: string): string[] {
  const login = `{"email":"alice@waybill.test","password":"waybill-demo"}`;
  const order = JSON.stringify({
    items: [{ sku: 'MUG-001', quantity: 2 }],
    payment: { method: 'card', token: 'tok_visa' },
    shippingAddress: {
      name: 'Alice Ames',
      line1: 'Hafenstrasse 1',
      city: 'Hamburg',
      postalCode: '20457',
      country: 'DE',
    },
  });
  return [
    `TOKEN=$(curl -s ${url}/api/v1/users/login ${JSON_HEADER} -d '${login}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    `curl -sw '\\n' ${url}/api/v1/orders -H "Authorization: Bearer $TOKEN" ${JSON_HEADER} -d '${order}'`,
    `curl -sw '\\n' '${url}/api/v1/orders?limit=1' -H "Authorization: Bearer $TOKEN"`,
  ];
}
