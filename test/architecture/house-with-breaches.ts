/**
 * A small house for the wall test: files in good order, some of them close to a wall, and breaches.
 * Each breach names what must be reported of it; nothing else may be.
 */
interface Planted {
  path: string;
  source: string;
  /** `rule → imported file or package`; a circle is reported once; none for a file in good order. */
  breaks?: string[];
}

export const house: Planted[] = [
  { path: 'src/main.ts', source: "import './modules.js';" },
  { path: 'src/modules.ts', source: "export const load = () => import('./modules/shop/shop.module.js');" },
  { path: 'src/common/money.ts', source: "import { z } from 'zod'; export const Money = z.int();" },
  { path: 'src/common/clock.ts', source: 'export abstract class Clock {}' },
  { path: 'src/common/ids.ts', source: "import { randomUUID } from 'node:crypto'; export { randomUUID };" },
  { path: 'src/common/nest.ts', source: "import { Module } from '@nestjs/common'; export { Module };" },
  { path: 'src/common/given.spec.ts', source: "import '../../test/harness.js'; import 'fast-check';" },
  {
    path: 'src/mock-gateway/main.ts',
    source: "import { createServer } from 'node:http'; export { createServer };",
  },
  { path: 'test/harness.ts', source: "import '../src/modules/shop/shop.module.js';" },

  { path: 'src/modules/shop/shop.contract.ts', source: "export { Money } from '../../common/money.js';" },
  {
    path: 'src/modules/shop/shop.module.ts',
    source: "import './shop.service.js'; import '../../common/nest.js';",
  },
  { path: 'src/modules/shop/shop.module.spec.ts', source: "import './shop.module.js';" },
  {
    path: 'src/modules/shop/shop.service.ts',
    source: "import type { Stock } from '../depot/depot.contract.js';",
  },
  {
    path: 'src/modules/shop/domain/basket.ts',
    source:
      "import { Money } from '../shop.contract.js'; import type { Clock } from '../../../common/clock.js';",
  },
  { path: 'src/modules/shop/domain/basket.spec.ts', source: "import 'node:crypto'; import 'fast-check';" },
  { path: 'src/modules/depot/depot.contract.ts', source: 'export interface Stock { onHand: number }' },
  { path: 'src/modules/depot/depot.service.ts', source: 'export interface Count { of: number }' },
  { path: 'src/modules/depot/depot.module.ts', source: 'export class DepotModule {}' },

  {
    path: 'src/modules/shop/calls-past-the-contract.ts',
    source: "import '../depot/depot.service.js';",
    breaks: ['modules-meet-at-contracts → src/modules/depot/depot.service.ts'],
  },
  {
    path: 'src/modules/shop/borrows-a-type.spec.ts',
    source: "import type { Count } from '../depot/depot.service.js';",
    breaks: ['modules-meet-at-contracts → src/modules/depot/depot.service.ts'],
  },
  {
    path: 'src/modules/shop/loads-lazily.ts',
    source: "export const load = () => import('../depot/depot.service.js');",
    breaks: ['modules-meet-at-contracts → src/modules/depot/depot.service.ts'],
  },
  {
    path: 'src/modules/grafted/grafted.contract.ts',
    source: "import type { Stock } from '../depot/depot.contract.js'; import './own.js';",
    breaks: [
      'contracts-are-leaves → src/modules/depot/depot.contract.ts',
      'contracts-are-leaves → src/modules/grafted/own.ts',
    ],
  },
  { path: 'src/modules/grafted/own.ts', source: 'export {};' },
  {
    path: 'src/modules/heavy/heavy.contract.ts',
    source: "import '../../common/nest.js';",
    breaks: ['contracts-reach-no-framework → @nestjs/common'],
  },
  {
    path: 'src/common/knows-the-business.ts',
    source: "import type { Stock } from '../modules/depot/depot.contract.js'; import '../modules.js';",
    breaks: [
      'common-knows-no-module → src/modules/depot/depot.contract.ts',
      'common-knows-no-module → src/modules.ts',
    ],
  },
  {
    path: 'src/modules/shop/domain/framed.ts',
    source: "import type { Module } from '@nestjs/common';",
    breaks: ['domain-is-pure → @nestjs/common'],
  },
  {
    path: 'src/modules/shop/domain/rolls-dice.ts',
    source: "import 'node:crypto'; import '../../../common/ids.js';",
    breaks: ['domain-is-pure → crypto', 'domain-is-pure → src/common/ids.ts'],
  },
  {
    path: 'src/modules/shop/domain/looks-outward.ts',
    source: "import '../shop.service.js'; import '../../depot/depot.contract.js';",
    breaks: [
      'domain-is-pure → src/modules/shop/shop.service.ts',
      'domain-is-pure → src/modules/depot/depot.contract.ts',
    ],
  },
  {
    path: 'src/modules/heavy/heavy.errors.ts',
    source: "import '@nestjs/common';",
    breaks: ['domain-is-pure → @nestjs/common'],
  },
  {
    path: 'src/modules/shop/domain/winds-a-clock.ts',
    source: "import { Clock } from '../../../common/clock.js'; export { Clock };",
    breaks: ['domain-is-given-its-clock → src/common/clock.ts'],
  },
  {
    path: 'src/modules/shop/wires-by-itself.ts',
    source: "import './shop.module.js';",
    breaks: ['wired-in-one-place → src/modules/shop/shop.module.ts'],
  },
  {
    path: 'src/mock-gateway/shares-code.ts',
    source: "import '../common/money.js';",
    breaks: ['gateway-stands-alone → src/common/money.ts'],
  },
  {
    path: 'src/common/leans-on-tests.ts',
    source: "import '../../test/harness.js'; import './given.spec.js';",
    breaks: ['src-needs-no-test → test/harness.ts', 'src-needs-no-test → src/common/given.spec.ts'],
  },
  {
    path: 'src/common/needs-a-dev-package.ts',
    source: "import 'fast-check';",
    breaks: ['shipped-needs-no-dev-package → fast-check'],
  },
  {
    path: 'src/common/circle.ts',
    source: "import type { B } from './circle-other.js'; export type A = B;",
  },
  {
    path: 'src/common/circle-other.ts',
    source: "import type { A } from './circle.js'; export type B = A;",
    breaks: ['no-circles → src/common/circle.ts'],
  },
  {
    path: 'src/common/mistyped.ts',
    source: "import './nowhere.js';",
    breaks: ['resolvable → ./nowhere.js'],
  },
];
