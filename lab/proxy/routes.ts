import { isOfFrontend } from '../../src/common/http/page-paths.js';
import { MODULE_NAMES, MODULES, type ModuleName } from '../../src/modules.js';

/** What a process of a split Waybill is there for: some modules, or the web page. */
export type Part = ModuleName | 'frontend';
export const PARTS: readonly Part[] = [...MODULE_NAMES, 'frontend'];

/** Which module answers which path, as the reverse proxy in front of a split Waybill has it. */
const PREFIXES = new Map<string, ModuleName>([
  ...MODULE_NAMES.flatMap((name): [string, ModuleName][] => [
    ...MODULES[name].routes.map((route): [string, ModuleName] => [`/api/v1/${route}`, name]),
    [`/api/v1/events/${name}`, name],
  ]),
  ['/images/products', 'catalog'],
]);
/** As many segments as a prefix may have, the empty one before the first slash among them. */
const LENGTHS = [3, 4, 5];

/** Who answers a path (without query); undefined when nobody outside should get at it. */
export function partOfRoute(method: string, path: string): Part | undefined {
  if (path === '/ws') return 'notifications';
  const segments = path.split('/');
  for (const length of LENGTHS) {
    const module = PREFIXES.get(segments.slice(0, length).join('/'));
    if (module) return module;
  }
  return ['GET', 'HEAD'].includes(method) && isOfFrontend(path) ? 'frontend' : undefined;
}
