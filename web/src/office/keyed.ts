import { useRef } from 'react';
import { Problem } from '../api/problem';
import { newKey } from '../idempotency';

/**
 * Sends what must not be carried out twice. What may have been carried out without our hearing of it is sent again under
 * its key. What was answered is over: the same again is another one, since an answer is kept with its key, a refusal too.
 */
export function useKeyed<T, R>(send: (header: { 'Idempotency-Key': string }, body: T) => Promise<R>) {
  const attempt = useRef({ text: '', key: '' });
  return async (body: T): Promise<R> => {
    const text = JSON.stringify(body);
    if (attempt.current.text !== text) attempt.current = { text, key: newKey() };
    const over = () => {
      attempt.current = { text: '', key: '' };
    };
    try {
      const answer = await send({ 'Idempotency-Key': attempt.current.key }, body);
      over();
      return answer;
    } catch (error) {
      if (!Problem.of(error).isPassing) over();
      throw error;
    }
  };
}
