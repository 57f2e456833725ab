import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { client, session } from './api/client';
import { Problem } from './api/problem';
import { isInBasket, takeOut } from './basket';
import { exclusively } from './exclusively';
import { got, type Order, orderQuery, queryClient, refetch } from './queries';
import { forgetOrder, orderFor, type PlaceOrder, rememberOrder, sentOrder } from './sent-order';
import { useStore } from './store';

const IN_FLIGHT_TRIES = 30;

/** Places an order once, whatever happens to the answer, to this page, and in other tabs. */
export function usePlacement() {
  const navigate = useNavigate();
  const user = useStore(session);
  const userId = typeof user === 'object' ? user.id : '';
  const [sent] = useState(() => sentOrder(userId));
  const { mutate, data, error, isPending, variables } = useMutation({
    mutationFn: (body: PlaceOrder | null) => exclusively('order', () => send(userId, body)),
    retry: (failures, why) => Problem.of(why).code === 'IDEMPOTENCY.IN_FLIGHT' && failures < IN_FLIGHT_TRIES,
    retryDelay: 1000,
    onError: () => refetch('product', 'availability'),
    onSuccess: async (order) => {
      if (!order) return;
      queryClient.setQueryData(orderQuery(order.id).queryKey, order);
      refetch('orders');
      takeOut(order.items);
      await navigate({ to: '/orders/$id', params: { id: order.id }, replace: true });
    },
  });
  // The page was left or loaded anew before there was an answer.
  useEffect(() => {
    if (sent && !sent.told) mutate(null);
  }, [sent, mutate]);
  return {
    place: mutate,
    problem: error && Problem.of(error),
    busy: isPending,
    isResuming: isPending && variables === null,
    earlier: sent?.body,
    done: data != null,
  };
}

/**
 * Sends this order, or the one that is still unanswered. Null when another tab has settled that meanwhile. What may
 * have been carried out without our hearing of it is kept, to be sent again as it was.
 */
async function send(userId: string, body: PlaceOrder | null): Promise<Order | null> {
  const order = body ? orderFor(userId, body) : sentOrder(userId);
  if (!order || (body && !isInBasket(body.items))) return null;
  rememberOrder(order);
  try {
    const header = { 'Idempotency-Key': order.key };
    const { data } = await client.POST('/api/v1/orders', { body: order.body, params: { header } });
    forgetOrder();
    return got(data);
  } catch (error) {
    const { isPassing, status, code } = Problem.of(error);
    if (isPassing || status === 401) rememberOrder({ ...order, told: code !== 'IDEMPOTENCY.IN_FLIGHT' });
    else forgetOrder();
    throw error;
  }
}
