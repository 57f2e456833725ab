import { Body, Controller, Post, Put, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Answers } from '../../../common/http/api.decorators.js';
import { CurrentUser, type Principal, Public } from '../../../common/security/principal.js';
import { UsersService } from '../accounts/users.service.js';
import { SessionsService } from '../sessions/sessions.service.js';
import {
  ChangePasswordBody,
  LoginBody,
  RefreshBody,
  RegisterBody,
  TokensSchema,
  UserSchema,
} from '../users.schemas.js';
import { Client, type ClientInfo } from './client.decorator.js';
import { LoginService } from './login.service.js';
import { RefreshCookie } from './refresh-cookie.js';

/** A browser that loads a page anew drops the answer, and has the old token still. */
const RETRY_SECONDS = 30;

@ApiTags('users')
@Controller('api/v1/users')
export class AuthHttpController {
  constructor(
    private readonly users: UsersService,
    private readonly logins: LoginService,
    private readonly sessions: SessionsService,
    private readonly cookie: RefreshCookie,
  ) {}

  @Public()
  @Post('register')
  @Answers({ status: 201, summary: 'Become a customer', schema: UserSchema })
  register(@Body({ schema: RegisterBody }) body: RegisterBody, @Client() client: ClientInfo) {
    return this.users.register(body, client.address);
  }

  @Public()
  @Post('login')
  @Answers({
    summary: 'Log in',
    description: 'Opens a session and gives its first tokens.',
    schema: TokensSchema,
  })
  async login(
    @Body({ schema: LoginBody }) body: LoginBody,
    @Client() client: ClientInfo,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const tokens = await this.logins.login(body, client);
    return body.cookie ? this.cookie.keep(reply, tokens) : tokens;
  }

  @Public()
  @Post('refresh')
  @Answers({
    summary: 'Exchange a refresh token for new tokens',
    description:
      'A refresh token works once. One that comes back was copied: its session is ended. With `{}` the one in the cookie of the login is exchanged, and the cookie keeps the next; it may come back for half a minute, until the next is used.',
    schema: TokensSchema,
  })
  async refresh(
    @Body({ schema: RefreshBody }) { refreshToken }: z.infer<typeof RefreshBody>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (refreshToken !== undefined) return this.sessions.refresh(refreshToken);
    return this.cookie.exchange(request, reply, (token) =>
      this.sessions.refresh(token, { retrySeconds: RETRY_SECONDS }),
    );
  }

  @Public()
  @Post('logout')
  @Answers({
    status: 204,
    summary: 'End the session of a refresh token',
    description: 'Whoever holds the refresh token may; an access token is not needed. Safe to repeat.',
  })
  async logout(
    @Body({ schema: RefreshBody }) { refreshToken }: z.infer<typeof RefreshBody>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const token = refreshToken ?? this.cookie.of(request);
    if (token !== null) await this.sessions.logout(token);
    if (refreshToken === undefined) this.cookie.drop(reply);
  }

  @Put('me/password')
  @ApiBearerAuth()
  @Answers({ status: 204, summary: 'Change your password', description: 'Ends your other sessions.' })
  changePassword(
    @CurrentUser() user: Principal,
    @Body({ schema: ChangePasswordBody }) body: ChangePasswordBody,
    @Client() client: ClientInfo,
  ): Promise<void> {
    return this.logins.changePassword(user, body, client);
  }
}
