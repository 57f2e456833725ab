import { Global, Module } from '@nestjs/common';
import { RedisLink } from '../redis/redis-link.js';
import { Cache } from './cache.js';
import { MemoryCache } from './memory-cache.js';
import { RedisCache } from './redis-cache.js';

/** The process's cache, injected as `Cache`. */
@Global()
@Module({
  providers: [
    MemoryCache,
    {
      provide: Cache,
      inject: [MemoryCache, RedisLink],
      useFactory: (memory: MemoryCache, link: RedisLink | null) =>
        link === null ? memory : new RedisCache(memory, link),
    },
  ],
  exports: [Cache],
})
export class CacheModule {}
