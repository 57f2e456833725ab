import { z } from 'zod';

/**
 * What this project uses of Traefik 3's configuration, named as in its reference
 * (https://doc.traefik.io/traefik/reference/); anything else is refused, so that a name that is misspelt is seen.
 */
const object = z.strictObject;
const duration = z.string().regex(/^\d+(?:ms|s|m|h)$/);
const port = z.coerce.number().int().min(1).max(65_535);
const names = z.array(z.string()).min(1);

const loadBalancer = object({
  server: object({ port }).optional(),
  servers: z.array(object({ url: z.url() })).optional(),
  healthCheck: object({ path: z.string().startsWith('/'), interval: duration, timeout: duration }).optional(),
});
const service = object({ loadBalancer });

const router = object({
  rule: z.string(),
  priority: z.number().int().positive(),
  entryPoints: names,
  service: z.string(),
  middlewares: names.optional(),
  tls: object({ certResolver: z.string() }).optional(),
});

const middleware = z.union([
  object({ chain: object({ middlewares: names }) }),
  object({ rateLimit: object({ average: z.int(), burst: z.int(), period: duration }) }),
  object({ buffering: object({ maxRequestBodyBytes: z.int(), memRequestBodyBytes: z.int() }) }),
  object({ retry: object({ attempts: z.int(), initialInterval: duration }) }),
  object({
    circuitBreaker: object({
      expression: z.string().regex(/^(?:NetworkErrorRatio|LatencyAtQuantileMS|ResponseCodeRatio)\(/),
      checkPeriod: duration,
      fallbackDuration: duration,
      recoveryDuration: duration,
    }),
  }),
  object({
    compress: object({ minResponseBodyBytes: z.int(), encodings: z.array(z.enum(['gzip', 'br', 'zstd'])) }),
  }),
  object({ redirectScheme: object({ scheme: z.literal('https'), permanent: z.boolean() }) }),
  object({
    headers: object({
      contentTypeNosniff: z.boolean().optional(),
      frameDeny: z.boolean().optional(),
      referrerPolicy: z.string().optional(),
      permissionsPolicy: z.string().optional(),
      stsSeconds: z.int().optional(),
      stsIncludeSubdomains: z.boolean().optional(),
      customResponseHeaders: z.record(z.string(), z.string()).optional(),
    }),
  }),
]);

/** Files in dynamic/ and tls/. */
export const DYNAMIC = object({
  http: object({
    routers: z.record(z.string(), router).optional(),
    services: z.record(z.string(), service).optional(),
    middlewares: z.record(z.string(), middleware).optional(),
  }).optional(),
  tls: object({
    certificates: z.array(object({ certFile: z.string(), keyFile: z.string() })).optional(),
    options: z.record(z.string(), object({ minVersion: z.literal('VersionTLS12'), sniStrict: z.boolean() })),
  }).optional(),
});

/** Labels of a container, once their dots are levels. Traefik reads them without regard to case. */
export const LABELS = object({
  enable: z.literal('true'),
  http: object({
    services: z.record(
      z.string(),
      object({
        loadbalancer: object({
          server: object({ port }),
          healthcheck: object({ path: z.string().startsWith('/'), interval: duration, timeout: duration }),
        }),
      }),
    ),
  }),
});

const transport = object({
  respondingTimeouts: object({ readTimeout: duration, writeTimeout: duration, idleTimeout: duration }),
  lifeCycle: object({ requestAcceptGraceTimeout: duration, graceTimeOut: duration }),
});

export const STATIC = object({
  global: object({ checkNewVersion: z.literal(false), sendAnonymousUsage: z.literal(false) }),
  entryPoints: z.record(
    z.string(),
    object({
      address: z.string().regex(/^:\d+$/),
      transport: transport.optional(),
      http: object({ tls: object({}) }).optional(),
    }),
  ),
  providers: object({
    docker: object({
      endpoint: z.string(),
      exposedByDefault: z.literal(false),
      // Else Traefik makes a router for each container, past all routes and middlewares of ours.
      defaultRule: z.literal('!PathPrefix(`/`)'),
      network: z.string(),
      allowEmptyServices: z.boolean(),
    }),
    file: object({ directory: z.string(), watch: z.boolean() }),
  }),
  serversTransport: object({
    maxIdleConnsPerHost: z.int(),
    forwardingTimeouts: object({
      dialTimeout: duration,
      responseHeaderTimeout: duration,
      idleConnTimeout: duration,
    }),
  }),
  api: object({ dashboard: z.boolean(), insecure: z.literal(false) }),
  ping: object({ entryPoint: z.string() }),
  metrics: object({
    prometheus: object({
      entryPoint: z.string(),
      addEntryPointsLabels: z.boolean(),
      addRoutersLabels: z.boolean(),
      addServicesLabels: z.boolean(),
      buckets: z.array(z.number()),
    }),
  }),
  tracing: object({
    serviceName: z.string(),
    sampleRate: z.number().max(1),
    otlp: object({ http: object({ endpoint: z.url() }) }),
  }),
  log: object({ level: z.string(), format: z.literal('json') }),
  accessLog: object({
    format: z.literal('json'),
    bufferingSize: z.int(),
    fields: object({
      defaultMode: z.enum(['keep', 'drop']),
      names: z.record(z.string(), z.enum(['keep', 'drop'])),
      headers: object({ defaultMode: z.literal('drop') }),
    }),
  }),
  certificatesResolvers: z.record(
    z.string(),
    object({ acme: object({ storage: z.string(), tlsChallenge: object({}) }) }),
  ),
});
