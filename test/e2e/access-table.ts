/** Who asks. `owner` is the customer whom the order, payment, session … belongs to; `other` is another customer. */
export const WHO = ['nobody', 'owner', 'other', 'staff', 'admin'] as const;
export type Who = (typeof WHO)[number];

export interface Access {
  /** As in the API document: `GET /api/v1/orders/{id}`. */
  name: string;
  method: string;
  path: string;
  /** What is asked of the route, where that makes a difference to who may. */
  what: string;
  status: Record<Who, number>;
}

/** What every route answers to whom. 404 where 403 would tell that there is something. */
export const ACCESS: readonly Access[] = parse(`
                                                      nobody owner other staff admin
  POST   /api/v1/users/register                          201   201   201   201   201
  POST   /api/v1/users/login                             200   200   200   200   200
  POST   /api/v1/users/refresh                           200   200   200   200   200
  POST   /api/v1/users/logout                            204   204   204   204   204
  GET    /api/v1/users                                   401   403   403   403   200
  GET    /api/v1/users/me                                401   200   200   200   200
  PUT    /api/v1/users/me/password                       401   204   204   204   204
  GET    /api/v1/users/me/sessions                       401   200   200   200   200
  DELETE /api/v1/users/me/sessions/{id}                  401   204   404   404   404
  GET    /api/v1/users/{id}                              401   200   404   404   200
  PUT    /api/v1/users/{id}                 name         401   200   404   404   200
  PUT    /api/v1/users/{id}                 roles        401   403   404   404   200
  PUT    /api/v1/users/{id}                 status       401   403   404   404   200

  GET    /api/v1/products                                200   200   200   200   200
  GET    /api/v1/products/{sku}                          200   200   200   200   200
  POST   /api/v1/products                                401   403   403   201   201
  PUT    /api/v1/products/{sku}                          401   403   403   200   200

  GET    /api/v1/inventory                               401   403   403   200   200
  GET    /api/v1/inventory/alerts                        401   403   403   200   200
  GET    /api/v1/inventory/movements                     401   403   403   200   200
  GET    /api/v1/inventory/{sku}                         200   200   200   200   200
  GET    /api/v1/inventory/{sku}/movements               401   403   403   200   200
  POST   /api/v1/inventory/reserve                       401   403   403   201   201
  POST   /api/v1/inventory/release                       401   403   403   200   200
  POST   /api/v1/inventory/adjust                        401   403   403   200   200

  POST   /api/v1/orders                                  401   201   201   201   201
  GET    /api/v1/orders                                  401   200   200   200   200
  GET    /api/v1/orders/{id}                             401   200   404   200   200
  GET    /api/v1/orders/{id}/history                     401   200   404   200   200
  PUT    /api/v1/orders/{id}                note         401   200   404   200   200
  PUT    /api/v1/orders/{id}                address      401   200   404   200   200
  PUT    /api/v1/orders/{id}                status       401   403   404   200   200
  DELETE /api/v1/orders/{id}                             401   200   404   200   200

  POST   /api/v1/payments                                401   403   403   201   201
  GET    /api/v1/payments                                401   200   200   200   200
  GET    /api/v1/payments/{id}                           401   200   404   200   200
  GET    /api/v1/payments/{id}/history                   401   200   404   200   200
  GET    /api/v1/payments/order/{orderId}                401   200   404   200   200
  POST   /api/v1/payments/{id}/refund                    401   403   403   201   201

  POST   /api/v1/notifications/send                      401   403   403   201   201
  GET    /api/v1/notifications                           401   200   200   200   200
  GET    /api/v1/notifications/{id}                      401   200   404   200   200
  GET    /api/v1/notifications/preferences               401   200   200   200   200
  PUT    /api/v1/notifications/preferences               401   200   200   200   200

  GET    /api/v1/events/{module}                         401   403   403   200   200
  GET    /api/v1/events/{module}/{id}                    401   403   403   403   200
  POST   /api/v1/events/{module}/replay                  401   403   403   403   200
  GET    /api/v1/events/{module}/dead-letters            401   403   403   403   200
  POST   /api/v1/events/{module}/dead-letters/retry      401   403   403   403   200

  GET    /health                                         200   200   200   200   200
  GET    /ready                                          200   200   200   200   200
  GET    /metrics                                        200   200   200   200   200
  GET    /.well-known/jwks.json                          200   200   200   200   200
  GET    /actuator/prometheus                            200   200   200   200   200
  GET    /images/products/{file}                         200   200   200   200   200
  GET    /docs                                           200   200   200   200   200
  GET    /docs-json                                      200   200   200   200   200
  GET    /                                               200   200   200   200   200
`);

/** Routes that the API document leaves out: they are for machines and for reading it. */
export const UNDOCUMENTED = [
  'GET /actuator/prometheus',
  'GET /images/products/{file}',
  'GET /docs',
  'GET /docs-json',
  'GET /',
];

function parse(table: string): Access[] {
  const lines = table.split('\n').filter((line) => line.includes('/'));
  return lines.map((line) => {
    const [method = '', path = '', ...cells] = line.trim().split(/ +/);
    const what = cells.length > WHO.length ? (cells.shift() ?? '') : '';
    const status = Object.fromEntries(WHO.map((who, column) => [who, Number(cells[column])]));
    return { name: `${method} ${path}`, method, path, what, status: status as Record<Who, number> };
  });
}
