/**
 * The walls between modules. test/architecture/walls.spec.ts holds src/ to them and plants a violation of each.
 * Type-only imports count: a type is a dependency too. Specs count, save where a rule says otherwise.
 */
const spec = '\\.spec\\.ts$';
const contract = '^src/modules/([^/]+)/\\1\\.contract\\.ts$';
const wiring = '^src/modules/([^/]+)/\\1\\.module\\.ts$';
/** The errors that domain code throws belong to it. */
const domain = '^src/modules/([^/]+)/(?:domain/|\\1\\.errors\\.ts$)';
const zod = 'node_modules/zod/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'modules-meet-at-contracts',
      comment: "A module may import of another only its contract: move the call into the other's contract.",
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/' },
      to: { path: '^src/modules/', pathNot: ['^src/modules/$1/', contract] },
    },
    {
      name: 'contracts-are-leaves',
      comment: 'A contract imports zod and src/common, nothing else: shared schemas go to src/common.',
      severity: 'error',
      from: { path: contract },
      to: { pathNot: ['^src/common/', zod] },
    },
    {
      name: 'contracts-reach-no-framework',
      comment: 'What a contract imports of src/common must itself be free of Nest, databases and brokers.',
      severity: 'error',
      from: { path: contract },
      to: {
        path: 'node_modules/(?:@nestjs|typeorm|pg|ioredis|amqplib|amqp-connection-manager|fastify|pino)/',
        reachable: true,
      },
    },
    {
      name: 'common-knows-no-module',
      comment: 'src/common serves any business: pass in what it needs to know.',
      severity: 'error',
      from: { path: '^src/common/' },
      to: { path: '^src/(?!common/)' },
    },
    {
      name: 'domain-is-pure',
      comment:
        "Domain code may use its own folder, its module's contract and errors, money, schemas, errors, Clock's type and zod.",
      severity: 'error',
      from: { path: domain, pathNot: spec },
      to: {
        pathNot: [
          '^src/modules/$1/domain/',
          '^src/modules/$1/$1\\.(?:contract|errors)\\.ts$',
          '^src/common/(?:money|schemas|clock)\\.ts$',
          '^src/common/errors/(?:domain-error|common\\.errors)\\.ts$',
          zod,
        ],
      },
    },
    {
      name: 'domain-is-given-its-clock',
      comment: 'Domain code names the type of a clock at most; which clock it is, comes from outside.',
      severity: 'error',
      from: { path: domain, pathNot: spec },
      to: { path: '^src/common/clock\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'wired-in-one-place',
      comment:
        "Only src/modules.ts, src/app.module.ts and src/main.ts (and a module's own specs) wire modules.",
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(?:modules|app\\.module|main)\\.ts$', spec] },
      to: { path: wiring },
    },
    {
      name: 'gateway-stands-alone',
      comment: 'The mock gateway stands for somebody else: it shares no code with Waybill.',
      severity: 'error',
      from: { path: '^src/mock-gateway/' },
      to: { path: '^src/(?!mock-gateway/)' },
    },
    {
      name: 'src-needs-no-test',
      comment: 'What is shipped imports neither test/ nor a spec.',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { path: ['^test/', spec] },
    },
    {
      name: 'shipped-needs-no-dev-package',
      comment: 'A devDependency is not in the image. Move it to dependencies, or leave it to specs.',
      severity: 'error',
      from: { path: '^src/', pathNot: spec },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circles',
      comment: 'Each of these files needs the other: put what both need into a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'Nothing is found under this name.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'require', 'default'],
    },
  },
};
