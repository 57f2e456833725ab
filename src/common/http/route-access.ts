import type { INestApplication } from '@nestjs/common';
import { PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { currentUser, PUBLIC_ROUTE, REQUIRED_ROLE, type Role } from '../security/principal.js';

/** Who may call a route. */
export interface RouteAccess {
  /** `optional`: open to all, and does more for those with a token. */
  token: 'none' | 'optional' | 'required';
  role: Role | null;
}

type Handler = (...args: unknown[]) => unknown;
type ControllerClass = new (...args: never[]) => object;

/** `OrdersHttpController` and `place` give `orders_place`. */
export function operationIdOf(controller: string, method: string): string {
  const name = controller.replace(/(?:Http)?Controller$/, '');
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}_${method}`;
}

/** Who may call each route of the application, by operation id. Reads what the guard reads. */
export function routeAccess(app: INestApplication): Map<string, RouteAccess> {
  const scanner = new MetadataScanner();
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  const classes = modules.flatMap((module) =>
    [...module.controllers.values()].map(({ metatype }) => metatype as ControllerClass),
  );
  const routes = classes.flatMap((controller) => {
    const prototype = controller.prototype as Record<string, Handler>;
    return scanner
      .getAllMethodNames(prototype)
      .filter((method) => Reflect.hasMetadata(PATH_METADATA, prototype[method] as Handler))
      .map((method): [string, RouteAccess] => [
        operationIdOf(controller.name, method),
        accessOf(controller, method),
      ]);
  });
  return new Map(routes);
}

function accessOf(controller: ControllerClass, method: string): RouteAccess {
  const handler = (controller.prototype as Record<string, Handler>)[method] as Handler;
  const read = (key: string): unknown =>
    Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller);
  const role = (read(REQUIRED_ROLE) as Role | undefined) ?? null;
  if (role !== null || !read(PUBLIC_ROUTE)) return { token: 'required', role };
  return { token: asksForUser(controller, method) ? 'optional' : 'none', role };
}

function asksForUser(controller: ControllerClass, method: string): boolean {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as Record<
    string,
    { factory?: unknown }
  >;
  return Object.values(args).some(({ factory }) => factory === currentUser);
}
