import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { Answers } from '../../common/http/api.decorators.js';
import type { Page } from '../../common/http/paging.js';
import { IdSchema } from '../../common/schemas.js';
import { CurrentUser, type Principal, RequireRole } from '../../common/security/principal.js';
import {
  ListQuery,
  type NotificationDto,
  NotificationPage,
  NotificationSchema,
  PreferencesBody,
  type PreferencesDto,
  PreferencesSchema,
  SendBody,
} from './notifications.schemas.js';
import { NotificationsService } from './notifications.service.js';
import { PreferencesService } from './preferences.service.js';
import { SendService } from './send.service.js';

@ApiTags('notifications')
@ApiBearerAuth()
@Controller('api/v1/notifications')
export class NotificationsHttpController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly preferences: PreferencesService,
    private readonly sending: SendService,
  ) {}

  @Post('send')
  @RequireRole('staff')
  @Answers({
    status: 201,
    summary: 'Send one from a template or text',
    description:
      'Either `template` with its `variables`, or `subject` and `body`. Answers when the outcome is known: `sent`, ' +
      '`failed`, or `suppressed` when the user has turned this kind off on this channel.',
    schema: NotificationSchema,
  })
  send(@Body({ schema: SendBody }) body: SendBody): Promise<NotificationDto> {
    return this.sending.send(body);
  }

  @Get()
  @Answers({ summary: 'What was sent, newest first: your own, or all for staff', schema: NotificationPage })
  list(
    @CurrentUser() user: Principal,
    @Query({ schema: ListQuery }) query: ListQuery,
  ): Promise<Page<NotificationDto>> {
    return this.notifications.list(user, query);
  }

  @Get('preferences')
  @Answers({ summary: 'Which kinds reach you, by which channel', schema: PreferencesSchema })
  readPreferences(@CurrentUser() user: Principal): Promise<PreferencesDto> {
    return this.preferences.of(user.userId);
  }

  @Put('preferences')
  @Answers({
    summary: 'Choose which kinds reach you, by which channel',
    description:
      'Replaces all: a kind left out goes back to its default (email and websocket), an empty list turns it off. ' +
      'Text messages need `phone`, in E.164.',
    schema: PreferencesSchema,
  })
  replacePreferences(
    @CurrentUser() user: Principal,
    @Body({ schema: PreferencesBody }) body: PreferencesBody,
  ): Promise<PreferencesDto> {
    return this.preferences.replace(user.userId, body);
  }

  @Get(':id')
  @Answers({ summary: 'One notification', schema: NotificationSchema })
  get(
    @CurrentUser() user: Principal,
    @Param('id', { schema: IdSchema }) id: string,
  ): Promise<NotificationDto> {
    return this.notifications.get(user, id);
  }
}
