import { OutcomeUnknown } from '../../common/errors/common.errors.js';
import { DomainError, type WireError } from '../../common/errors/domain-error.js';
import type { KeptAnswer } from '../../common/idempotency/idempotency-keys.js';
import { answerOf, type Standing } from './domain/outcome.js';
import { PaymentErrors } from './payments.errors.js';

/** Why this payment has not brought the money; null when it has. */
export function refusalOf(payment: Standing): DomainError | null {
  switch (answerOf(payment)) {
    case 'captured':
      return null;
    case 'declined':
      return PaymentErrors.DECLINED(`The payment was declined: ${payment.reason ?? 'no reason given'}`);
    case 'invalid-token':
      return PaymentErrors.INVALID_TOKEN();
    case 'cancelled':
      return PaymentErrors.CANCELLED();
    case 'gateway-unavailable':
      return PaymentErrors.GATEWAY_UNAVAILABLE();
    case 'unknown':
      return new OutcomeUnknown('The payment gateway has not said yet what came of the charge');
  }
}

/** An answer to a request with a key, as it is given now and again. */
export interface Reply<T> {
  status: number;
  body: T;
}

/** The first answer again: the resource as it was shown then, or the problem. */
export function replay<T>({ status, body }: KeptAnswer): Reply<T> {
  if (status >= 400) throw DomainError.fromWire(body as WireError);
  return { status, body: body as T };
}

export function kept(refusal: DomainError): KeptAnswer {
  return { status: refusal.status, body: refusal.toWire() };
}
