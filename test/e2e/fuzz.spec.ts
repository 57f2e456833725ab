import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { startWaybill, type Waybill } from '../harness.js';
import { ACCESS, UNDOCUMENTED } from './access-table.js';
import { DocumentedAnswers } from './fuzz/answers.js';
import { type FuzzRequest, requestsFor } from './fuzz/requests.js';
import { LONG_TOKENS, type Surroundings, surroundingsOf } from './fuzz/surroundings.js';
import { send } from './http.js';
import { type Document, documentOf, type Route, routesOf } from './openapi.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);
/** At most, of so many requests each. */
const ROUNDS = 5;
/** Routes that are asked at the same time. */
const LANES = 6;
/** A customer's is the usual request, and staff may do the most. */
const WHO = ['nobody', 'customer', 'customer', 'other customer', 'staff', 'staff', 'admin', 'admin'];

const NAMES = [...new Set(ACCESS.map(({ name }) => name))].filter((name) => !UNDOCUMENTED.includes(name));

interface Found {
  /** What is wrong, with the smallest request that shows it; null when nothing is. */
  report: string | null;
  answered: Record<number, number>;
}

describe(`${RUNS} random requests per route (FUZZ_SEED=${SEED})`, () => {
  let waybill: Waybill;
  let document: Document;
  let surroundings: Surroundings;
  let answers: DocumentedAnswers;
  let found: Map<string, Promise<Found>>;

  beforeAll(async () => {
    waybill = await startWaybill({
      ...LONG_TOKENS,
      REGISTRATIONS_PER_ADDRESS: '100000',
      LOGIN_ATTEMPTS_PER_ADDRESS: '100000',
      LOGIN_ATTEMPTS: '1000',
    });
    document = await documentOf(waybill.url);
    surroundings = await surroundingsOf(waybill);
    answers = new DocumentedAnswers(document);
    found = inLanes(routesOf(document), fuzz);
  });
  afterAll(async () => {
    await Promise.allSettled(found?.values() ?? []);
    await waybill?.stop();
  });

  it.each(NAMES)(
    '%s answers as documented, and never with a 5xx',
    async (name) => {
      const result = await found.get(name);
      if (!result) throw new Error('the document has no such route');
      if (result.report !== null) throw new Error(result.report);
      // Refusals alone would say little.
      expect(someTaken(result.answered)).toBe(true);
    },
    300_000,
  );

  async function fuzz(route: Route): Promise<Found> {
    const answered: Record<number, number> = {};
    const ask = async (request: FuzzRequest): Promise<void> => {
      const { who, path, headers, body } = request;
      const token = surroundings.tokens[who];
      const answer = await send(waybill.url, route.method, path, {
        headers,
        body,
        ...(token ? { token } : {}),
      });
      answered[answer.status] = (answered[answer.status] ?? 0) + 1;
      const fault = answers.fault(route.operation, answer);
      if (fault !== null)
        throw new Error(
          `${fault}\n${told(route, request)}\n→ ${answer.status} ${answer.text.slice(0, 1000)}`,
        );
    };
    const requests = requestsFor(route, document, WHO, surroundings.poolOf(route.name));
    const property = fc.asyncProperty(requests, ask);
    // Where few may and much must be right, a round may by chance be all refusals.
    for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
      const { failed, errorInstance, counterexamplePath } = await fc.check(property, { seed, numRuns: RUNS });
      const path = `(FUZZ_SEED=${seed}, path ${counterexamplePath})`;
      if (failed) return { report: `${(errorInstance as Error).message}\n${path}`, answered };
      if (someTaken(answered)) break;
    }
    return { report: null, answered };
  }
});

function someTaken(answered: Record<number, number>): boolean {
  return Object.keys(answered).some((status) => Number(status) < 300);
}

function told({ method }: Route, { who, path, headers, body }: FuzzRequest): string {
  return [
    `${who}: ${method} ${path}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    body ?? '(no body)',
  ].join('\n');
}

/** Starts the work for each route, some at a time, and gives the promises of all. */
function inLanes(
  routes: readonly Route[],
  work: (route: Route) => Promise<Found>,
): Map<string, Promise<Found>> {
  const lanes: Promise<unknown>[] = Array.from({ length: LANES }, () => Promise.resolve());
  const all = new Map<string, Promise<Found>>();
  routes.forEach((route, index) => {
    const done = (lanes[index % LANES] as Promise<unknown>).then(() => work(route));
    lanes[index % LANES] = done.catch(() => undefined);
    all.set(route.name, done);
  });
  return all;
}
