import { Module } from '@nestjs/common';
import { Config } from '../../common/config/config.js';
import { PersistenceModule } from '../../common/persistence/persistence.module.js';
import { RedisLink } from '../../common/redis/redis-link.js';
import { Courier } from './channels/courier.js';
import { KeptMail, KeptSms, MailSender, SmsSender } from './channels/sender.js';
import { SmtpMailSender } from './channels/smtp-mail-sender.js';
import { WebhookSmsSender } from './channels/webhook-sms-sender.js';
import { Drafting } from './drafting.js';
import { Intake } from './intake.service.js';
import { Broadcaster, LocalBroadcaster } from './live/broadcaster.js';
import { Hub } from './live/hub.js';
import { LiveEndpoint } from './live/live-endpoint.js';
import { DEFAULT_LIMITS, LIVE_LIMITS } from './live/live-limits.js';
import { RedisBroadcaster } from './live/redis-broadcaster.js';
import { NotificationsHttpController } from './notifications.http.controller.js';
import { NotificationsMessageController } from './notifications.message.controller.js';
import { NotificationsService } from './notifications.service.js';
import { NotificationStore } from './persistence/notification-store.js';
import { PreferenceStore } from './persistence/preference-store.js';
import { PreferencesService } from './preferences.service.js';
import { SendService } from './send.service.js';
import { UnitOfWork } from '../../common/persistence/unit-of-work.js';
import { GaugePoll } from '../../common/telemetry/gauge-poll.js';
import { queueGauges } from './notifications.metrics.js';
import { NotificationsSchema } from './notifications.schema.js';

@Module({
  imports: [PersistenceModule.for('notifications', NotificationsSchema)],
  controllers: [NotificationsHttpController, NotificationsMessageController],
  providers: [
    NotificationStore,
    PreferenceStore,
    {
      provide: MailSender,
      inject: [Config],
      useFactory: ({ smtpUrl, mailFrom }: Config) =>
        smtpUrl === null ? new KeptMail() : new SmtpMailSender(smtpUrl, mailFrom),
    },
    {
      provide: SmsSender,
      inject: [Config],
      useFactory: ({ smsUrl }: Config) => (smsUrl === null ? new KeptSms() : new WebhookSmsSender(smsUrl)),
    },
    Drafting,
    Courier,
    Intake,
    Hub,
    {
      provide: Broadcaster,
      inject: [Hub, RedisLink],
      useFactory: (hub: Hub, link: RedisLink | null) =>
        link === null ? new LocalBroadcaster(hub) : new RedisBroadcaster(hub, link),
    },
    { provide: LIVE_LIMITS, useValue: DEFAULT_LIMITS },
    LiveEndpoint,
    NotificationsService,
    PreferencesService,
    SendService,
    { provide: GaugePoll, inject: [UnitOfWork], useFactory: queueGauges },
  ],
})
export class NotificationsModule {}
