import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Answers } from '../../http/api.decorators.js';
import { IdSchema } from '../../schemas.js';
import { CurrentUser, type Principal, RequireRole } from '../../security/principal.js';
import {
  DeadLettersQuery,
  DeadLettersSchema,
  EventPageSchema,
  ListEventsQuery,
  ModuleNameSchema,
  ReplayBody,
  ReplayedSchema,
  RetriedSchema,
  RetryBody,
  WholeEventSchema,
} from './event-operations.schemas.js';
import { EventOperations } from './event-operations.service.js';

@ApiTags('events')
@ApiBearerAuth()
@RequireRole('admin')
@Controller('api/v1/events/:module')
export class EventOperationsHttpController {
  constructor(private readonly operations: EventOperations) {}

  @Get()
  @RequireRole('staff')
  @Answers({
    summary: 'List what a module has told, the newest first',
    description: 'What is in an event is for administrators.',
    schema: EventPageSchema,
  })
  list(
    @Param('module', { schema: ModuleNameSchema }) module: string,
    @Query({ schema: ListEventsQuery }) query: z.output<typeof ListEventsQuery>,
  ) {
    return this.operations.list(module, query);
  }

  @Get('dead-letters')
  @Answers({
    summary: 'List the events that a module could not take in',
    description: 'The oldest first, and how many there are.',
    schema: DeadLettersSchema,
  })
  async deadLetters(
    @Param('module', { schema: ModuleNameSchema }) module: string,
    @Query({ schema: DeadLettersQuery }) { limit }: z.output<typeof DeadLettersQuery>,
  ) {
    const { letters, total } = await this.operations.deadLetters(module, limit);
    return { data: letters, total };
  }

  @Get(':id')
  @Answers({ summary: 'Look at an event', schema: WholeEventSchema })
  get(
    @Param('module', { schema: ModuleNameSchema }) module: string,
    @Param('id', { schema: IdSchema }) id: string,
  ) {
    return this.operations.get(module, id);
  }

  @Post('replay')
  @Answers({
    summary: 'Hand events to one consumer again',
    description:
      'Say at least one of from, to, name, key and ids. What the consumer has applied already stays applied, so that this may be repeated. When there are many, send nextCursor as cursor to go on.',
    schema: ReplayedSchema,
  })
  replay(
    @CurrentUser() user: Principal,
    @Param('module', { schema: ModuleNameSchema }) module: string,
    @Body({ schema: ReplayBody }) body: z.output<typeof ReplayBody>,
  ) {
    return this.operations.replay(user, module, body);
  }

  @Post('dead-letters/retry')
  @Answers({
    summary: 'Bring back events that a module could not take in',
    description:
      'All, or those named. `left` is how many are still dead: what is no event cannot be retried.',
    schema: RetriedSchema,
  })
  retry(
    @CurrentUser() user: Principal,
    @Param('module', { schema: ModuleNameSchema }) module: string,
    @Body({ schema: RetryBody }) { ids }: z.output<typeof RetryBody>,
  ) {
    return this.operations.retry(user, module, ids);
  }
}
