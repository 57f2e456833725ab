import { MODULES } from '../../src/modules.js';
import { plantCanaries } from './canaries.js';
import { isRace, type PlacedOrder, placeFiftyOrders } from './fifty-orders.js';
import { type Observed, type ObservedPlacement, startObserved } from './observed.js';
import type { ReceivedSpan } from './otlp-receiver.js';
import { differences, type Portrait, portraitOf } from './portrait.js';

interface Run {
  orders: PlacedOrder[];
  scrapes: string[];
  /** At the end. */
  later: string[];
  spans: ReceivedSpan[];
  allSpans: ReceivedSpan[];
  portrait: Portrait;
  secrets: string[];
  /** Everything that was sent to the collector, and everything that was printed. */
  bodies: string[];
  lines: string[];
}

const SERVICES = [
  'catalog-service',
  'inventory-service',
  'notification-service',
  'order-service',
  'payment-service',
  'user-service',
];

async function run(placement: ObservedPlacement): Promise<Run> {
  const waybill = await startObserved(placement);
  try {
    await warmUp(waybill);
    await waybill.told();
    waybill.receiver.clear();
    waybill.lines.length = 0;
    const orders = await placeFiftyOrders(waybill);
    await waybill.told();
    const [scrapes, spans] = [
      await waybill.scrape(),
      begunByRequests(waybill.receiver.spans).filter(({ traceId }) => !isRace(traceId)),
    ];
    const portrait = portraitOf(scrapes, spans, orders);
    const secrets = await plantCanaries(waybill);
    await waybill.told();
    const { bodies } = waybill.receiver;
    return {
      orders,
      scrapes,
      portrait,
      secrets,
      bodies,
      lines: waybill.lines,
      spans,
      allSpans: waybill.receiver.spans,
      later: await waybill.scrape(),
    };
  } finally {
    await waybill.stop();
  }
}

/** What processes do when they are new (the keys of tokens, the products that metrics name) is done by then. */
async function warmUp({ api, cluster }: Observed): Promise<void> {
  const tokens = [await api.token('alice'), await api.token('staff')];
  for (const { port, modules } of cluster.members)
    for (const module of modules)
      for (const token of tokens)
        await fetch(`http://127.0.0.1:${port}/api/v1/${MODULES[module].routes[0]}`, {
          headers: { authorization: `Bearer ${token}` },
        });
}

describe('one process and a process each', () => {
  let one: Run;
  let split: Run;

  beforeAll(async () => {
    // In turn, and with the machine to themselves: an answer that comes late for the processor's sake is another story.
    one = await run('one process');
    split = await run('a process each');
  }, 480_000);

  it('come to the same with the same 50 orders', () => {
    for (const { orders } of [one, split]) {
      expect(orders.map(({ title, status }) => [title, status])).toEqual(
        orders.map(({ title, expected }) => [title, expected]),
      );
    }
  });

  it('tell the same metrics with the same labels, of the same services', () => {
    expect(split.portrait.series).toEqual(one.portrait.series);
    expect(one.portrait.series.filter((each) => each.endsWith('NO SERVICE'))).toEqual([]);
    expect(servicesIn(one.portrait.series)).toEqual(SERVICES);
  });

  it('have the same span tree for each order, and the same spans in shared transactions', () => {
    for (const { title } of one.orders) expect(split.portrait.trees[title]).toBe(one.portrait.trees[title]);
    expect(split.portrait.edges).toEqual(one.portrait.edges);
  });

  it('have the same service map', () => {
    expect(split.portrait.serviceMap).toEqual(one.portrait.serviceMap);
    expect(one.portrait.serviceMap).toEqual(
      expect.arrayContaining([
        'order-service → catalog-service',
        'order-service → inventory-service',
        'order-service → payment-service',
        'order-service → user-service',
        'order-service → notification-service',
        'inventory-service → notification-service',
      ]),
    );
  });

  it('differ in nothing but the instances', () => {
    expect(differences(one.portrait, split.portrait)).toEqual([]);
    const instances = ({ spans }: Run) => new Set(spans.map(({ instance }) => instance)).size;
    expect([instances(one), instances(split)]).toEqual([1, 6]);
  });

  describe.each(['one process', 'a process each'])('%s', (name) => {
    const of = () => (name === 'one process' ? one : split);
    const logLines = () =>
      of()
        .lines.filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, string | undefined>);

    it('tells no secret and nothing personal, in no log line, span or metric', () => {
      const { secrets, bodies, lines, later } = of();
      const told = { spans: bodies.join('\n'), logs: lines.join('\n'), metrics: later.join('\n') };
      for (const [where, text] of Object.entries(told)) {
        expect(text.length).toBeGreaterThan(10_000);
        for (const secret of secrets) expect([where, around(text, secret)]).toEqual([where, null]);
      }
    });

    it('writes log lines that name the trace, the span and the service that they belong to', () => {
      const spans = new Map(of().allSpans.map((span) => [span.spanId, span]));
      const lines = logLines().filter(({ span_id, module }) => span_id !== undefined && module !== 'system');
      expect(lines.length).toBeGreaterThan(100);
      for (const { span_id, trace_id, service, message } of lines) {
        const { traceId, service: owner } = spans.get(span_id ?? '') ?? {};
        expect({ message, trace_id: traceId, service: owner }).toEqual({ message, trace_id, service });
      }
    });

    it('writes log lines that say what they are about', () => {
      const answers = logLines().filter(
        ({ route, message }) => route === '/api/v1/orders' && message === 'request',
      );
      const placed = answers.filter(({ method, status }) => method === 'POST' && String(status) === '201');
      expect(placed.length).toBeGreaterThan(25);
      for (const line of placed) {
        expect(line).toMatchObject({ service: 'order-service', module: 'orders', level: 'info' });
        expect([line['order_id'], line['user_id']]).toEqual([expect.any(String), expect.any(String)]);
      }
    });
  });

  describe('with a difference planted', () => {
    const planted = (
      change: (span: ReceivedSpan) => Partial<ReceivedSpan> | null,
      at = 'inventory.reserve',
    ) => {
      let done = false;
      const spans = split.spans.map((span) => {
        if (done || span.name !== at || span.kind !== 'server') return span;
        done = true;
        return { ...span, ...change(span) };
      });
      return differences(one.portrait, portraitOf(split.scrapes, spans, split.orders));
    };
    const relabelled = (change: (scrape: string) => string) =>
      differences(one.portrait, portraitOf(split.scrapes.map(change), split.spans, split.orders));

    it.each<[string, () => string[]]>([
      ['a span of another name', () => planted(() => ({ name: 'inventory.hold' }))],
      ['a span of another kind', () => planted(() => ({ kind: 'internal' }))],
      ['a span of another service', () => planted(() => ({ service: 'waybill' }))],
      ['a span of another parent', () => planted(() => ({ parentSpanId: null }))],
      ['a span that failed', () => planted(() => ({ failed: true }))],
      ['a span that is linked', () => planted(({ traceId, spanId }) => ({ links: [{ traceId, spanId }] }))],
      [
        'a span that lacks its order',
        () => planted(({ attributes }) => ({ attributes: without(attributes, 'waybill.order.id') })),
      ],
      [
        'a metric that is missing',
        () => relabelled((text) => text.replaceAll(/^orders_created_total.*\n/gm, '')),
      ],
      [
        'a metric of another name',
        () => relabelled((text) => text.replaceAll(/^payments_processed_total/gm, 'payments_total')),
      ],
      ['a label of another name', () => relabelled((text) => text.replaceAll('endpoint="', 'route="'))],
      [
        'a service of another name',
        () => relabelled((text) => text.replaceAll('service="order-service"', 'service="orders"')),
      ],
    ])('see %s', (_, compare) => {
      expect(compare()).not.toEqual([]);
    });
  });
});

/** Where a secret was found, for whoever has to find out how it came there. */
function around(text: string, secret: string): string | null {
  const at = text.toLowerCase().indexOf(secret.toLowerCase());
  return at < 0 ? null : text.slice(Math.max(0, at - 300), at + 50);
}

/** What timers begin comes as often as there is time for it, and who carries out a refund is a race. */
function begunByRequests(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const begun = new Set(
    spans.filter(({ attributes }) => 'http.route' in attributes).map(({ traceId }) => traceId),
  );
  return spans.filter(({ traceId }) => begun.has(traceId));
}

function servicesIn(series: readonly string[]): string[] {
  return [...new Set(series.map((each) => each.slice(each.lastIndexOf(' ') + 1)))].toSorted();
}

function without<T extends object>(of: T, key: string): T {
  return Object.fromEntries(Object.entries(of).filter(([name]) => name !== key)) as T;
}
