import { Global, Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { RedisLink } from './redis-link.js';

/** Provides RedisLink, or null without REDIS_URL. */
@Global()
@Module({
  providers: [
    {
      provide: RedisLink,
      inject: [Config],
      useFactory: ({ redisUrl, redisCommandTimeoutMs }: Config) =>
        redisUrl === null ? null : new RedisLink({ url: redisUrl, commandTimeoutMs: redisCommandTimeoutMs }),
    },
  ],
  exports: [RedisLink],
})
export class RedisModule {}
