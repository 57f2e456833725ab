import { Global, Module } from '@nestjs/common';
import { Cache } from './cache.js';
import { MemoryCache } from './memory-cache.js';

/** The process's cache, injected as `Cache`. */
@Global()
@Module({ providers: [{ provide: Cache, useClass: MemoryCache }], exports: [Cache] })
export class CacheModule {}
