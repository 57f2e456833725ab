import {
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { z } from 'zod';
import { Config } from '../../../common/config/config.js';
import { Poller } from '../../../common/poller.js';
import { BREAKER_HALF_OPEN, breakerState } from '../../../common/telemetry/breaker.metrics.js';
import { serviceOf } from '../../../common/telemetry/names.js';
import { ANSWER_WITHIN_MS } from '../deadline.js';
import type { Verdict } from '../domain/outcome.js';
import { gatewayLatency } from '../payments.metrics.js';
import { GatewayBreaker } from './gateway-breaker.js';
import { JsonExchange, type JsonAnswer, type JsonRequest } from './json-exchange.js';
import {
  type ChargeOrder,
  GatewayFailure,
  GatewayOutcomeUnknown,
  PaymentGateway,
  type RefundVerdict,
} from './payment-gateway.js';

const ReasonSchema = z.string().regex(/^\w{1,64}$/);
const ChargeSchema = z.object({
  id: z.string().max(200).nullable(),
  status: z.enum(['captured', 'declined', 'voided', 'refunded', 'partially_refunded']),
  reason: ReasonSchema.catch('declined').optional(),
});
const RefundSchema = z.object({ id: z.string().max(200) });
const RefusalSchema = z.object({ error: z.object({ code: ReasonSchema.catch('refused') }) });
/** The charge that comes with a refusal to charge. */
const RefusedChargeSchema = z.object({ charge: ChargeSchema });

/** No charge's key: what is asked about it is of no consequence. */
const NOBODYS_KEY = 'does-the-gateway-answer';

/** Speaks to the mock gateway (src/mock-gateway/README.md tells its side). */
@Injectable()
export class MockGatewayAdapter
  extends PaymentGateway
  implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private readonly exchange: JsonExchange;
  private readonly stopTelling: () => void;
  /** Two, so that a gateway which takes no charges can still be asked and told to pay back. */
  private readonly charges = new GatewayBreaker('charges');
  private readonly followUps = new GatewayBreaker('questions and refunds');
  private readonly asking = new Poller({
    name: 'asking the gateway whether it answers',
    module: 'payments',
    intervalMs: 1000,
    task: () => this.askAgain(),
  });
  /** Whether questions waited for somebody to ask when that was last looked at. */
  private halfOpenBefore = false;

  constructor(private readonly config: Config) {
    super();
    if (config.gatewayUrl === null) throw new Error('Payments needs a gateway: set GATEWAY_URL');
    this.exchange = new JsonExchange(config.gatewayUrl);
    this.stopTelling = breakerState.from(() => [
      {
        service: serviceOf('payments'),
        labels: { target: 'payment-gateway' },
        value: Math.max(this.charges.state, this.followUps.state),
      },
    ]);
  }

  async charge(key: string, { amount, token, reference }: ChargeOrder, within: number): Promise<Verdict> {
    const answer = await this.send(this.charges, {
      method: 'POST',
      path: '/v1/charges',
      headers: { 'idempotency-key': key },
      body: { amount: amount.amount, currency: amount.currency, token, reference },
      within,
    });
    if (answer.status === 201) return verdictOf(parse(ChargeSchema, answer));
    const refused = RefusedChargeSchema.safeParse(answer.body);
    // Without a charge a refusal is about the request, not about the key: ask what the key stands for.
    if (!refused.success) throw unexpected(answer);
    return verdictOf(refused.data.charge);
  }

  async find(key: string, within: number): Promise<Verdict | null> {
    const answer = await this.send(this.followUps, {
      method: 'GET',
      path: `/v1/charges/${encodeURIComponent(key)}`,
      within,
    });
    if (isNotFound(answer)) return null;
    if (answer.status !== 200) throw unexpected(answer);
    return verdictOf(parse(ChargeSchema, answer));
  }

  async cancel(key: string, within: number): Promise<Exclude<Verdict, { kind: 'captured' }>> {
    const path = `/v1/charges/${encodeURIComponent(key)}/void`;
    const answer = await this.send(this.followUps, { method: 'POST', path, within });
    if (answer.status !== 200) throw unexpected(answer);
    const verdict = verdictOf(parse(ChargeSchema, answer));
    if (verdict.kind === 'captured') throw unexpected(answer);
    return verdict;
  }

  async refund(chargeKey: string, refundKey: string, amount: number, within: number): Promise<RefundVerdict> {
    const answer = await this.send(this.followUps, {
      method: 'POST',
      path: `/v1/charges/${encodeURIComponent(chargeKey)}/refunds`,
      headers: { 'idempotency-key': refundKey },
      body: { amount },
      within,
    });
    if (answer.status === 201) return { kind: 'done', reference: parse(RefundSchema, answer).id };
    if (answer.status !== 402 && answer.status !== 422) throw unexpected(answer);
    const reason = parse(RefusalSchema, answer).error.code;
    if (answer.status === 422 && reason !== 'over_refund') throw unexpected(answer);
    return { kind: 'refused', reason, excess: reason === 'over_refund' };
  }

  async findRefund(refundKey: string, within: number): Promise<string | null> {
    const path = `/v1/refunds/${encodeURIComponent(refundKey)}`;
    const answer = await this.send(this.followUps, { method: 'GET', path, within });
    if (isNotFound(answer)) return null;
    if (answer.status !== 200) throw unexpected(answer);
    return parse(RefundSchema, answer).id;
  }

  onApplicationBootstrap(): void {
    this.asking.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.asking.stop();
  }

  /** Last of all: until then requests and pollers may still be at it. */
  onApplicationShutdown(): void {
    this.stopTelling();
    this.exchange.close();
  }

  /**
   * Charges come with every order; a question or a refund may not be due for days, and the breaker open as long. Who has
   * one goes first: a gateway may refund that answers no questions.
   */
  private async askAgain(): Promise<number> {
    const nobodyAsked = this.halfOpenBefore;
    this.halfOpenBefore = this.followUps.state === BREAKER_HALF_OPEN;
    if (nobodyAsked && this.halfOpenBefore) {
      try {
        await this.find(NOBODYS_KEY, Math.min(this.config.gatewayTimeoutMs, ANSWER_WITHIN_MS));
      } catch (error) {
        if (!(error instanceof GatewayFailure)) throw error;
      }
    }
    return 0;
  }

  private send(breaker: GatewayBreaker, request: JsonRequest): Promise<JsonAnswer> {
    return breaker.run(async () => {
      const answer = await gatewayLatency.time(
        () => ({}),
        () => this.exchange.send(request),
      );
      if (answer.status >= 500 || answer.status === 429 || answer.status === 408) throw unexpected(answer);
      return answer;
    });
  }
}

/** A proxy's 404 or a wrong address must not read as "never seen this key". */
function isNotFound(answer: JsonAnswer): boolean {
  return answer.status === 404 && RefusalSchema.safeParse(answer.body).data?.error.code === 'not_found';
}

function verdictOf({ id, status, reason = 'declined' }: z.infer<typeof ChargeSchema>): Verdict {
  switch (status) {
    case 'captured':
    case 'partially_refunded':
      return { kind: 'captured', reference: id };
    case 'declined':
      return { kind: 'declined', reference: id, reason };
    case 'voided':
    case 'refunded':
      return { kind: 'voided', reference: id, paidBack: status === 'refunded' };
  }
}

function parse<T extends z.ZodType>(schema: T, answer: JsonAnswer): z.output<T> {
  const result = schema.safeParse(answer.body);
  if (!result.success) throw unexpected(answer);
  return result.data;
}

function unexpected({ status, body }: JsonAnswer): GatewayOutcomeUnknown {
  const code = RefusalSchema.safeParse(body).data?.error.code;
  return new GatewayOutcomeUnknown(`the gateway answered ${status}${code ? ` ${code}` : ''}`, true);
}
