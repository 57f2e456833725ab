import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { client } from './api/client';
import { Problem } from './api/problem';
import { isInBasket, takeOut } from './basket';
import { forgetDraft } from './draft';
import { exclusively } from './exclusively';
import { got, type Order, orderQuery, queryClient, refetch } from './queries';
import { forgetOrder, newOrder, type PlaceOrder, rememberOrder, sentOrder } from './sent-order';

const IN_FLIGHT_TRIES = 30;
const READ_MS = 1000;

/**
 * Places an order once, whatever happens to the answer, to this page, and in other tabs. As long as nobody knows what
 * became of one it is `unanswered`, and can be sent again as it was, but not be changed.
 */
export function usePlacement(userId: string) {
  const navigate = useNavigate();
  const [unanswered, setUnanswered] = useState(() => sentOrder(userId));
  const { mutate, error, isPending, variables } = useMutation({
    mutationFn: (body: PlaceOrder | null) => exclusively('order', () => send(userId, body)),
    retry: (failures, why) => Problem.of(why).code === 'IDEMPOTENCY.IN_FLIGHT' && failures < IN_FLIGHT_TRIES,
    retryDelay: 1000,
    onError: () => refetch('product', 'availability'),
    onSuccess: async (order) => {
      if (!order) return;
      queryClient.setQueryData(orderQuery(order.id).queryKey, order);
      refetch('orders');
      await navigate({ to: '/orders/$id', params: { id: order.id }, replace: true });
    },
    onSettled: () => setUnanswered(sentOrder(userId)),
  });
  const wasLeft = unanswered?.told === false && !isPending && !error;
  useEffect(() => {
    // The page was left or loaded anew before there was an answer.
    if (wasLeft) mutate(null);
  }, [wasLeft, mutate]);
  useEffect(() => {
    if (!unanswered || !error) return;
    // Requests of a page that is being left fail too, and nobody reads that.
    const timer = window.setTimeout(() => rememberOrder({ ...unanswered, told: true }), READ_MS);
    return () => window.clearTimeout(timer);
  }, [unanswered, error]);
  return {
    place: (body: PlaceOrder) => mutate(unanswered ? null : body),
    problem: error && Problem.of(error),
    busy: isPending,
    isResuming: isPending && variables === null,
    unanswered: unanswered?.body ?? null,
  };
}

/** Sends this order, or with null the one that is still unanswered. Null when another tab has settled that meanwhile. */
async function send(userId: string, body: PlaceOrder | null): Promise<Order | null> {
  const earlier = sentOrder(userId);
  const order = earlier ?? (body && isInBasket(body.items) ? newOrder(userId, body) : null);
  if (!order) return null;
  rememberOrder({ ...order, told: false });
  try {
    const header = { 'Idempotency-Key': order.key };
    const { data } = await client.POST('/api/v1/orders', { body: order.body, params: { header } });
    const placed = got(data);
    forgetOrder();
    forgetDraft();
    takeOut(placed.items);
    return placed;
  } catch (error) {
    const problem = Problem.of(error);
    // Who refuses at the door cannot tell what became of the same order before.
    if (earlier && problem.isUnread) throw new Problem({ status: 503, code: 'SERVICE.OUTCOME_UNKNOWN' });
    if (!problem.isUnknown) forgetOrder();
    throw problem;
  }
}
