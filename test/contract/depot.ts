import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { defineErrors } from '../../src/common/errors/domain-error.js';
import { defineApi, type HandlersOf, rpc } from '../../src/common/messaging/contract.js';
import { Handles } from '../../src/common/messaging/handler.decorators.js';

export const DepotErrors = defineErrors('DEPOT', { FULL: { status: 409, title: 'The depot is full' } });

const shape = {
  input: z.object({ text: z.string() }),
  output: z.object({ text: z.string() }),
  errors: ['DEPOT.FULL'],
};

/** Calls with more time than those of parcels.ts, and one that must not run twice. */
export const DepotApi = defineApi('depot', {
  look: rpc({ ...shape, idempotent: true }),
  glance: rpc({ ...shape, idempotent: true, timeoutMs: 500 }),
  drop: rpc({ ...shape, idempotent: false, timeoutMs: 1500 }),
});

type Texts = { text: string };

/** Does what a test tells it to, and keeps what it was asked. */
@Controller()
export class DepotController implements HandlersOf<typeof DepotApi> {
  asked: string[] = [];
  answer: (input: Texts) => Texts | Promise<Texts> = (input) => input;

  @Handles(DepotApi.calls.look)
  look(input: Texts): Promise<Texts> {
    return this.handle(input);
  }

  @Handles(DepotApi.calls.glance)
  glance(input: Texts): Promise<Texts> {
    return this.handle(input);
  }

  @Handles(DepotApi.calls.drop)
  drop(input: Texts): Promise<Texts> {
    return this.handle(input);
  }

  private async handle(input: Texts): Promise<Texts> {
    this.asked.push(input.text);
    return this.answer(input);
  }
}
