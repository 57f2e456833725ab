import { logIn, type UserBody } from '../builders/a-user.js';
import type { OrderView } from '../workflow/observer.js';
import type { Observed } from './observed.js';

/** In everything below that nobody may read in a log line, a span or a metric. */
const MARK = 'canary7f3a';
const PHONE = '+4915199887766';

/**
 * Has a customer with a secret in every field do what customers do, and what they should not: what is refused is
 * where inputs are quoted. Gives every secret, tokens included.
 */
export async function plantCanaries(waybill: Observed): Promise<string[]> {
  const { api } = waybill;
  const person = { email: `${MARK}@example.org`, password: `${MARK}-password-1`, name: `${MARK} Name` };
  const { body: user } = await api.post<UserBody>('/users/register', person);
  await api.post('/users/register', person);
  const { accessToken, refreshToken } = await logIn(api, person.email, person.password);
  const token = accessToken;
  await api.post('/users/login', { ...person, name: undefined, password: `${MARK}-wrong-password` });

  const address = {
    name: `${MARK} Name`,
    line1: `${MARK} Street 1`,
    line2: `${MARK} Floor`,
    city: `${MARK} City`,
    postalCode: '99999',
    country: 'DE',
  };
  const order = (payment: string) => ({
    items: [{ sku: 'MUG-001', quantity: 1 }],
    payment: { method: 'card', token: payment },
    shippingAddress: address,
    note: `${MARK} note`,
  });
  const headers = {
    traceparent: `00-${'c'.repeat(32)}-${'a'.repeat(16)}-01`,
    tracestate: `client=${MARK}`,
    baggage: `user=${MARK}`,
    'user-agent': MARK,
  };
  const placed = await api.post<OrderView>('/orders', order('tok_visa'), {
    token,
    key: `${MARK}-key`,
    headers,
  });
  await api.put(
    `/orders/${placed.body.id}`,
    { note: `${MARK} other note`, shippingAddress: address },
    { token },
  );
  const refused = await api.post('/orders', order(`tok_${MARK}`), { token });
  await api.post('/orders', order('tok_gateway_error'), { token });
  await api.post('/orders', { ...order('tok_visa'), [`${MARK}`]: 1 }, { token });
  await api.post(
    '/orders',
    { ...order('tok_visa'), shippingAddress: { ...address, country: MARK } },
    { token },
  );
  await api.post('/orders', `{"note": "${MARK}", `, { token });
  await api.put('/notifications/preferences', { phone: PHONE }, { token });
  await api.put(`/users/${user.id}`, { name: `${MARK} Other` }, { token });
  await api.put(
    '/users/me/password',
    { currentPassword: MARK, newPassword: `${MARK}-next-password` },
    { token },
  );

  const staff = await api.token('staff');
  await api.get(`/users?q=${MARK}`, { token: await api.token('admin') });
  await api.get(`/orders?q=${MARK}`, { token: staff });
  const texted = await api.post(
    '/notifications/send',
    { userId: user.id, type: 'sms', subject: MARK, body: `${MARK} text` },
    { token: staff },
  );
  await api.get(`/${MARK}/${MARK}?email=${person.email}`);
  await api.get('/orders', { token: `${MARK}.${MARK}.${MARK}` });
  await api.get('/orders', { headers: { authorization: `Basic ${MARK}`, cookie: `session=${MARK}` } });
  await api.post('/users/refresh', { refreshToken: `${MARK}-refresh` });
  await api.post('/users/refresh', { refreshToken });
  // Used twice: the session ends, and tells why.
  await api.post('/users/refresh', { refreshToken });
  expect([user.email, placed.status, texted.status, refused.status]).toEqual([person.email, 201, 201, 402]);
  return [MARK, PHONE, PHONE.slice(1), accessToken, refreshToken, staff];
}
