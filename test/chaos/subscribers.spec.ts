import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PATTERN_EXTRAS_METADATA } from '@nestjs/microservices/constants.js';
import type { HandlerExtras } from '../../src/common/messaging/handler.decorators.js';
import { APIS, MODULE_NAMES } from '../../src/modules.js';
import { CALLED, SCHEMAS, SUBSCRIBERS } from './subscribers.js';

const MODULES = join(__dirname, '../../src/modules');

function methodsOf(exported: unknown): unknown[] {
  if (typeof exported !== 'function' || !exported.prototype) return [];
  const { prototype } = exported as { prototype: object };
  return Object.getOwnPropertyNames(prototype).map((name) => Reflect.get(prototype, name) as unknown);
}

/** What the controllers of all modules say of themselves by @On. */
async function subscriptionsInTheCode(): Promise<Record<string, string[]>> {
  const files = readdirSync(MODULES, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('controller.ts'),
  );
  const found: Record<string, string[]> = {};
  for (const file of files) {
    const controllers = Object.values((await import(join(MODULES, file))) as Record<string, unknown>);
    for (const method of controllers.flatMap(methodsOf)) {
      if (typeof method !== 'function') continue;
      const { event, consumer } = (Reflect.getMetadata(PATTERN_EXTRAS_METADATA, method) ??
        {}) as HandlerExtras;
      if (event && consumer) found[event.name] = [...(found[event.name] ?? []), consumer].sort();
    }
  }
  return found;
}

describe("the checker's table of subscribers", () => {
  it('is what the message controllers declare', async () => {
    expect(await subscriptionsInTheCode()).toEqual(SUBSCRIBERS);
  });

  it('knows the schema of every module', () => {
    expect([...SCHEMAS].sort()).toEqual([...MODULE_NAMES].sort());
  });

  it('knows the modules that others call', () => {
    const called = APIS.filter(({ calls }) => Object.keys(calls).length > 0);
    expect([...CALLED].sort()).toEqual(called.map(({ moduleName }) => moduleName).sort());
  });
});
