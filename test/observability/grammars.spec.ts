import { parseLogql, parsePromql, parseTraceql, seriesIn, substitute } from './grammars.js';

const GOOD = {
  promql: [
    'sum by (service) (rate(http_requests_total{service=~"$service"}[$__rate_interval]))',
    'histogram_quantile(0.95, sum by (le) (rate(a_bucket{instance=~"${instance:regex}"}[5m])))',
    'topk(10, increase(a_total{b=~"[[b]]"}[$__range])) / 100 or vector(0)',
    '1 - (a or b * 0) / (b > 0)',
  ],
  logql: [
    '{service=~"$service", level=~"error|fatal"} |= "x" | json | order_id="1"',
    'sum by (level) (count_over_time({service=~".+"} | json [$__auto]))',
    '{service="a"} | json | line_format "{{.message}}{{if .route}} {{.route}}{{end}}"',
  ],
  traceql: [
    '{ resource.service.name =~ "${service:pipe}" && duration > 500ms && kind = server }',
    '{ status = error } | select(span.waybill.order.id)',
    '{ name = "a" } && { .b = 1 }',
  ],
};

/** Each with the character at which it goes wrong. */
const BAD = {
  promql: [
    ['sum by service (rate(a[5m]))', 7],
    ['rate(a[5m]', 10],
    ['a{b="c}', 7],
    ['a{b=c}', 4],
    ['rate(a[5x])', 8],
    ['no_such_function(a)', 16],
  ],
  logql: [
    ['{service="a"', 12],
    ['{service="a"} |= error', 17],
    ['{service="a"} | jsonn', 21],
    ['sum by (level) (count_over_time({a="b"}))', 39],
  ],
  traceql: [
    ['{ status = ', 11],
    ['{ duration > 5lightyears }', 14],
    ['{ status = error } | choose(name)', 21],
    ['status = error', 0],
  ],
} as const;

describe('the grammars', () => {
  it.each(GOOD.promql)('takes PromQL: %s', (expr) => parsePromql(expr));
  it.each(GOOD.logql)('takes LogQL: %s', (expr) => parseLogql(expr));
  it.each(GOOD.traceql)('takes TraceQL: %s', (expr) => parseTraceql(expr));

  it.each(BAD.promql)('refuses PromQL, and says where: %s', (expr, at) => {
    expect(() => parsePromql(expr)).toThrow(`PromQL is wrong at ${at}:`);
  });
  it.each(BAD.logql)('refuses LogQL, and says where: %s', (expr, at) => {
    expect(() => parseLogql(expr)).toThrow(`LogQL is wrong at ${at}:`);
  });
  it.each(BAD.traceql)('refuses TraceQL, and says where: %s', (expr, at) => {
    expect(() => parseTraceql(expr)).toThrow(`TraceQL is wrong at ${at}:`);
  });

  it.each([parsePromql, parseLogql, parseTraceql])('refuse nothing at all', (parse) => {
    expect(() => parse('')).toThrow('nothing to parse');
    expect(() => parse('$text', { text: '' })).toThrow('nothing to parse');
  });
});

describe('variables', () => {
  it('are filled in however they are written', () => {
    const values = { service: 'a', slow: '500ms' };
    expect(
      substitute('$service ${service} ${service:regex} [[service]] [[service:pipe]] $slow', values),
    ).toBe('a a a a a 500ms');
  });

  it('mean all without a value, and Grafana’s own mean what it would send', () => {
    expect(substitute('x=~"$x"[$__rate_interval] $__range $__interval $__auto')).toBe(
      'x=~".+"[1m] 1h 15s 1m',
    );
  });

  it('may have no value, which is not all', () => {
    expect(substitute('|= "$text"', { text: '' })).toBe('|= ""');
  });

  it('leave the end of a regular expression and templates alone', () => {
    expect(substitute('a=~"b$" {{.c}} $')).toBe('a=~"b$" {{.c}} $');
  });
});

describe('the series of a query', () => {
  it('are found once each, and functions, labels and numbers are none', () => {
    const expr =
      'histogram_quantile(0.9, sum by (le, z) (rate(b_bucket{c="d"}[5m]))) / on (e) a + time() * a';
    expect(seriesIn(expr)).toEqual(['a', 'b_bucket']);
  });
});
