import { Controller, Delete, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Answers } from '../../../common/http/api.decorators.js';
import { PageQuery } from '../../../common/http/paging.js';
import { IdSchema } from '../../../common/schemas.js';
import { CurrentUser, type Principal } from '../../../common/security/principal.js';
import { SessionPage } from '../users.schemas.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('users')
@ApiBearerAuth()
@Controller('api/v1/users/me/sessions')
export class SessionsHttpController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  @Answers({ summary: 'Where you are logged in', schema: SessionPage })
  list(@CurrentUser() user: Principal, @Query({ schema: PageQuery }) query: z.infer<typeof PageQuery>) {
    return this.sessions.list(user, query);
  }

  @Delete(':id')
  @Answers({
    status: 204,
    summary: 'End one of your sessions',
    description: 'Its refresh token and its access tokens are refused from then on.',
  })
  end(@CurrentUser() user: Principal, @Param('id', { schema: IdSchema }) id: string): Promise<void> {
    return this.sessions.end(user.userId, id);
  }
}
