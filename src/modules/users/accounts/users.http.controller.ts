import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { Answers } from '../../../common/http/api.decorators.js';
import { IdSchema } from '../../../common/schemas.js';
import { CurrentUser, type Principal, RequireRole } from '../../../common/security/principal.js';
import { UpdateUserBody, UserPage, UserSchema, UsersQuery } from '../users.schemas.js';
import { UsersService } from './users.service.js';

@ApiTags('users')
@ApiBearerAuth()
@Controller('api/v1/users')
export class UsersHttpController {
  constructor(private readonly users: UsersService) {}

  @Get('me')
  @Answers({ summary: 'Your profile', schema: UserSchema })
  me(@CurrentUser() user: Principal) {
    return this.users.get(user, user.userId);
  }

  @Get(':id')
  @Answers({ summary: 'A profile: your own, or anybody’s for administrators', schema: UserSchema })
  get(@CurrentUser() user: Principal, @Param('id', { schema: IdSchema }) id: string) {
    return this.users.get(user, id.toLowerCase());
  }

  @Put(':id')
  @Answers({
    summary: 'Change a profile',
    description:
      'What is left out stays. Roles and status are for administrators; changing them ends the sessions.',
    schema: UserSchema,
  })
  update(
    @CurrentUser() user: Principal,
    @Param('id', { schema: IdSchema }) id: string,
    @Body({ schema: UpdateUserBody }) body: UpdateUserBody,
  ) {
    return this.users.update(user, id.toLowerCase(), body);
  }

  @Get()
  @RequireRole('admin')
  @Answers({ summary: 'All users, the newest first', schema: UserPage })
  list(@Query({ schema: UsersQuery }) query: UsersQuery) {
    return this.users.list(query);
  }
}
