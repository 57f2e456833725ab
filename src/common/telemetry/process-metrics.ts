import {
  collectDefaultMetrics,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
  register,
} from 'prom-client';

type Read = () => Promise<MetricObjectWithValues<MetricValue<string>>>;

const services = new Set<string>();

/**
 * What Node tells of the process (memory, CPU, event loop), once for each service that runs in it: whoever looks at
 * a service finds them, and need not know what else is in its process. To add up processes, take one series an
 * `instance`.
 */
export function collectProcessMetrics(hosted: readonly string[]): void {
  const first = services.size === 0;
  for (const service of hosted) services.add(service);
  // Tests start several applications in one process.
  if (!first) return;
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  for (const metric of own.getMetricsAsArray()) {
    const readable = metric as unknown as { get: Read; getForPromString?: Read };
    // Histograms have a form of their own for the registry, and make the other one of it.
    const name = readable.getForPromString ? 'getForPromString' : 'get';
    const read = (readable[name] as Read).bind(metric);
    readable[name] = () => read().then(forEachService);
    register.registerMetric(metric as never);
  }
}

function forEachService(metric: MetricObjectWithValues<MetricValue<string>>) {
  const values = [...services].flatMap((service) =>
    metric.values.map((value) => ({ ...value, labels: { ...value.labels, service } })),
  );
  return { ...metric, values };
}
