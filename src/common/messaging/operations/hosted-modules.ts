import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { UnitOfWork } from '../../persistence/unit-of-work.js';
import { EventErrors } from './event.errors.js';

/** The databases of the modules that this process hosts. */
@Injectable()
export class HostedModules {
  constructor(private readonly discovery: DiscoveryService) {}

  /** Throws MODULE_NOT_HOSTED. */
  of(module: string): UnitOfWork {
    const all = this.all();
    const found = all.find((each) => each.module === module);
    if (found) return found;
    const names = [...new Set(all.map((each) => each.module))].sort();
    throw EventErrors.MODULE_NOT_HOSTED(`${module} is not hosted here, but ${names.join(', ')}`);
  }

  all(): UnitOfWork[] {
    return this.discovery
      .getProviders()
      .map(({ instance }): unknown => instance)
      .filter((instance) => instance instanceof UnitOfWork);
  }
}
