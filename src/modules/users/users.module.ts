import { Module } from '@nestjs/common';
import { CacheModule } from '../../common/cache/cache.module.js';
import { PersistenceModule } from '../../common/persistence/persistence.module.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { GaugePoll } from '../../common/telemetry/gauge-poll.js';
import { UserStandings } from './accounts/user-standings.js';
import { UsersHttpController } from './accounts/users.http.controller.js';
import { UsersService } from './accounts/users.service.js';
import { AuthHttpController } from './auth/auth.http.controller.js';
import { JwksHttpController } from './auth/jwks.http.controller.js';
import { LoginService } from './auth/login.service.js';
import { LoginThrottle } from './auth/login-throttle.js';
import { PasswordCheck } from './auth/password-check.js';
import { PasswordHasher } from './auth/password-hasher.js';
import { RefreshCookie } from './auth/refresh-cookie.js';
import { SigningKeys } from './auth/signing-keys.js';
import { TokenIssuer } from './auth/token-issuer.js';
import { DemoSeeder } from './demo/demo-seeder.js';
import { SessionEnder } from './sessions/session-ender.js';
import { SessionPruner } from './sessions/session-pruner.js';
import { SessionStore } from './sessions/session-store.js';
import { SessionsHttpController } from './sessions/sessions.http.controller.js';
import { SessionsService } from './sessions/sessions.service.js';
import { UsersMessageController } from './users.message.controller.js';
import { sessionGauges } from './users.metrics.js';
import { UsersSchema } from './users.schema.js';

@Module({
  imports: [CacheModule, PersistenceModule.for('users', UsersSchema)],
  controllers: [
    AuthHttpController,
    SessionsHttpController,
    UsersHttpController,
    JwksHttpController,
    UsersMessageController,
  ],
  providers: [
    UsersService,
    UserStandings,
    LoginService,
    LoginThrottle,
    PasswordCheck,
    PasswordHasher,
    RefreshCookie,
    SigningKeys,
    TokenIssuer,
    SessionsService,
    SessionStore,
    SessionEnder,
    SessionPruner,
    DemoSeeder,
    { provide: GaugePoll, inject: [UnitOfWork], useFactory: sessionGauges },
  ],
})
export class UsersModule {}
