import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { matches, readRule, type Rule } from './traefik-rule.js';

export const COMPOSE = resolve(__dirname, '../../deploy/compose');

/** Of each placement that has its own. */
export const ROUTES = {
  webapp: 'webapp/traefik/dynamic/routes.yml',
  monolith: 'monolith/traefik/routes.yml',
};

export interface Router {
  name: string;
  rule: Rule;
  priority: number;
  service: string;
  middlewares: string[];
  entryPoints: string[];
}

interface Written {
  http: {
    routers: Record<string, { rule: string; priority?: number } & Omit<Router, 'name' | 'rule' | 'priority'>>;
  };
}

/** The routers of a placement, the one that is asked first in front. */
export function readRouters(path = ROUTES.webapp): Router[] {
  const { http } = parse(readFileSync(join(COMPOSE, path), 'utf8')) as Written;
  return Object.entries(http.routers)
    .map(([name, { rule, priority, ...rest }]) => ({
      ...rest,
      name,
      rule: readRule(rule),
      priority: priority ?? rule.length,
    }))
    .toSorted((left, right) => right.priority - left.priority);
}

/** The router that takes a request from outside; null when nobody does. */
export function routerOf(
  routers: readonly Router[],
  request: { method: string; path: string },
): Router | null {
  return (
    routers.find(({ rule, entryPoints }) => entryPoints.includes('web') && matches(rule, request)) ?? null
  );
}
