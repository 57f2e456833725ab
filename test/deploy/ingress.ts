import { type KubeObject, ofKind } from './objects.js';
import type { Router } from './routes.js';
import { readRule } from './traefik-rule.js';

interface IngressPath {
  path: string;
  pathType: string;
  service: string;
}

/** All paths of all Ingresses. */
export function ingressPaths(objects: readonly KubeObject[]): IngressPath[] {
  return ofKind(objects, 'Ingress').flatMap(pathsOf);
}

function pathsOf({ spec }: ReturnType<typeof ofKind<'Ingress'>>[number]): IngressPath[] {
  return (spec?.rules ?? []).flatMap(({ http }) =>
    (http?.paths ?? []).map(({ path = '', pathType, backend }) => ({
      path,
      pathType,
      service: backend.service?.name ?? '',
    })),
  );
}

/**
 * What Traefik makes of them, the router that it asks first in front. Its provider knows nothing of Kubernetes' rule
 * that the longest path wins: it asks the longest rule first, the host being the same in all of ours.
 * https://doc.traefik.io/traefik/routing/routers/#priority-calculation
 */
export function ingressRouters(objects: readonly KubeObject[]): Router[] {
  return ofKind(objects, 'Ingress')
    .flatMap((ingress) => {
      const priority = ingress.metadata.annotations?.['traefik.ingress.kubernetes.io/router.priority'];
      return pathsOf(ingress).map(({ path, pathType, service }) => {
        const rule = `${pathType === 'Exact' ? 'Path' : 'PathPrefix'}(\`${path}\`)`;
        return {
          name: path,
          rule: readRule(rule),
          priority: Number(priority ?? rule.length),
          service,
          middlewares: [],
          entryPoints: ['web'],
        };
      });
    })
    .toSorted((left, right) => right.priority - left.priority);
}
