import { MODULE_NAMES, MODULES, type ModuleName } from '../../src/modules.js';

/** Which module answers which path, as the reverse proxy in front of a split Waybill has it. */
const PREFIXES = new Map<string, ModuleName>(
  MODULE_NAMES.flatMap((name) => [
    ...MODULES[name].routes.map((route): [string, ModuleName] => [`/api/v1/${route}`, name]),
    [`/api/v1/events/${name}`, name],
  ]),
);

/** The module that a path (without query) belongs to; undefined when nobody outside should get at it. */
export function moduleOfRoute(path: string): ModuleName | undefined {
  if (path === '/ws') return 'notifications';
  const segments = path.split('/');
  return PREFIXES.get(segments.slice(0, 4).join('/')) ?? PREFIXES.get(segments.slice(0, 5).join('/'));
}
