/**
 * What we use of custom resources for which the registry has no types, after their documentation. A field that is not
 * here is refused: look it up, then add it.
 */
import type { IObjectMeta } from '@kubernetes-models/apimachinery/apis/meta/v1/ObjectMeta';
import type {
  IAffinity,
  IPersistentVolumeClaimSpec,
  IPodSecurityContext,
  IResourceRequirements,
  ISecretKeySelector,
} from 'kubernetes-models/v1';

interface CustomResource<V extends string, K extends string, S> {
  apiVersion: V;
  kind: K;
  metadata: IObjectMeta;
  spec: S;
}

interface CnpgPlugin {
  name: 'barman-cloud.cloudnative-pg.io';
  isWALArchiver?: boolean;
  /** https://cloudnative-pg.io/plugin-barman-cloud/docs/parameters/ */
  parameters?: { barmanObjectName: string; serverName?: string };
}

/** https://cloudnative-pg.io/docs/1.30/cloudnative-pg.v1 */
export type ICluster = CustomResource<
  'postgresql.cnpg.io/v1',
  'Cluster',
  {
    instances: number;
    imageName: string;
    bootstrap:
      | { initdb: { database: string; owner: string; postInitSQL?: string[] } }
      | {
          recovery: {
            source: string;
            database: string;
            owner: string;
            recoveryTarget?: { targetTime: string };
          };
        };
    managed?: {
      roles: {
        name: string;
        ensure?: 'present' | 'absent';
        login?: boolean;
        inRoles?: string[];
        connectionLimit?: number;
        passwordSecret?: { name: string };
      }[];
    };
    externalClusters?: { name: string; plugin: CnpgPlugin }[];
    postgresql: {
      synchronous?: { method: 'any' | 'first'; number: number; dataDurability?: 'required' | 'preferred' };
      parameters?: Record<string, string>;
    };
    affinity?: {
      enablePodAntiAffinity?: boolean;
      podAntiAffinityType?: 'required' | 'preferred';
      topologyKey?: string;
    };
    storage: { size: string; storageClass?: string };
    walStorage?: { size: string; storageClass?: string };
    resources: IResourceRequirements;
    plugins?: CnpgPlugin[];
  }
>;

export type IScheduledBackup = CustomResource<
  'postgresql.cnpg.io/v1',
  'ScheduledBackup',
  {
    schedule: string;
    immediate?: boolean;
    backupOwnerReference?: 'none' | 'self' | 'cluster';
    cluster: { name: string };
    method: 'plugin' | 'volumeSnapshot';
    pluginConfiguration?: { name: CnpgPlugin['name']; parameters?: Record<string, string> };
  }
>;

/** https://cloudnative-pg.io/plugin-barman-cloud/docs/plugin-barman-cloud.v1/ */
export type IObjectStore = CustomResource<
  'barmancloud.cnpg.io/v1',
  'ObjectStore',
  {
    retentionPolicy?: string;
    configuration: {
      destinationPath: string;
      endpointURL?: string;
      s3Credentials: { accessKeyId: ISecretKeySelector; secretAccessKey: ISecretKeySelector };
      wal?: { compression?: Compression; maxParallel?: number };
      data?: { compression?: Compression; jobs?: number };
    };
  }
>;
type Compression = 'bzip2' | 'gzip' | 'snappy';

/** https://www.rabbitmq.com/kubernetes/operator/using-operator */
export type IRabbitmqCluster = CustomResource<
  'rabbitmq.com/v1beta1',
  'RabbitmqCluster',
  {
    replicas: number;
    image: string;
    persistence?: { storage: string; storageClassName?: string };
    resources: IResourceRequirements;
    affinity?: IAffinity;
    rabbitmq?: { additionalConfig?: string; additionalPlugins?: string[] };
  }
>;

interface OpstreeKubernetesConfig {
  image: string;
  imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  redisSecret: { name: string; key: string };
  resources: IResourceRequirements;
}

interface OpstreeBudget {
  enabled: boolean;
  minAvailable?: number;
  maxUnavailable?: number;
}

/** https://github.com/OT-CONTAINER-KIT/redis-operator, example/v1beta2 */
export type IRedisReplication = CustomResource<
  'redis.redis.opstreelabs.in/v1beta2',
  'RedisReplication',
  {
    clusterSize: number;
    kubernetesConfig: OpstreeKubernetesConfig;
    redisConfig?: { additionalRedisConfig?: string };
    storage?: { volumeClaimTemplate: { spec: IPersistentVolumeClaimSpec } };
    podSecurityContext?: IPodSecurityContext;
    affinity?: IAffinity;
    pdb?: OpstreeBudget;
  }
>;

export type IRedisSentinel = CustomResource<
  'redis.redis.opstreelabs.in/v1beta2',
  'RedisSentinel',
  {
    clusterSize: number;
    redisSentinelConfig: {
      redisReplicationName: string;
      redisReplicationPassword: { secretKeyRef: ISecretKeySelector };
    };
    kubernetesConfig: OpstreeKubernetesConfig;
    podSecurityContext?: IPodSecurityContext;
    affinity?: IAffinity;
    pdb?: OpstreeBudget;
  }
>;

/** https://external-secrets.io/latest/api/externalsecret/ */
export type IExternalSecret = CustomResource<
  'external-secrets.io/v1',
  'ExternalSecret',
  {
    refreshInterval?: string;
    secretStoreRef: { kind: 'SecretStore' | 'ClusterSecretStore'; name: string };
    target: {
      name: string;
      template?: {
        type?: string;
        metadata?: { labels?: Record<string, string> };
        data: Record<string, string>;
      };
    };
    data: { secretKey: string; remoteRef: { key: string; property?: string } }[];
  }
>;
