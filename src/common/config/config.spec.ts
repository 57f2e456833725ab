import { Config, ConfigError, SETTINGS } from './config.js';

const PRODUCTION = { NODE_ENV: 'production', GATEWAY_URL: 'https://gateway.example' };

/** All that is wrong with an environment, a line each. */
function problemsOf(env: Record<string, string>): string[] {
  try {
    new Config(env);
  } catch (error) {
    if (error instanceof ConfigError) return [...error.problems];
    throw error;
  }
  return [];
}

describe('Config', () => {
  it('starts one process with demo data when nothing is set', () => {
    const config = new Config({});
    expect(config).toMatchObject({
      production: false,
      modules: 'all',
      host: '127.0.0.1',
      port: null,
      logLevel: 'warn',
      databaseUrl: null,
      seedDemo: true,
      labSwitches: false,
      rabbitmqUrl: null,
      redisUrl: null,
      redisCommandTimeoutMs: 100,
      gatewayUrl: null,
      gatewayTimeoutMs: 2500,
      smtpUrl: null,
      smsUrl: null,
      accessTokenSeconds: 300,
      refreshTokenSeconds: 2_592_000,
      reservationSeconds: 900,
      sagaLeaseSeconds: 10,
      eventAttempts: 10,
      failpoint: null,
    });
    expect(config.dataDir).toMatch(/^\/.*\.data$/);
  });

  it('has defaults that it would accept itself', () => {
    const defaults = Object.entries(SETTINGS).flatMap(([name, setting]) =>
      setting.default === undefined ? [] : [[name, setting.default] as const],
    );
    expect(problemsOf(Object.fromEntries(defaults))).toEqual([]);
  });

  it('is stricter in production', () => {
    expect(new Config(PRODUCTION)).toMatchObject({ production: true, seedDemo: false, logLevel: 'info' });
    expect(problemsOf({ ...PRODUCTION, SEED_DEMO: 'true' })).toEqual([
      'SEED_DEMO: demo users are never created in production',
    ]);
    expect(problemsOf({ ...PRODUCTION, WAYBILL_FAILPOINT: 'orders.create:1' })).toHaveLength(1);
    expect(problemsOf({ ...PRODUCTION, LAB_SWITCHES: 'true' })).toEqual([
      'LAB_SWITCHES: nobody breaks things in production',
    ]);
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([expect.stringContaining('GATEWAY_URL')]);
    expect(new Config({ ...PRODUCTION, SEED_DEMO: 'false' }).seedDemo).toBe(false);
  });

  it('creates demo users, whose password everybody knows, only where others cannot reach them', () => {
    expect(new Config({ HOST: '0.0.0.0' }).seedDemo).toBe(false);
    expect(new Config({ HOST: '0.0.0.0', SEED_DEMO: 'true' }).seedDemo).toBe(true);
  });

  it('takes an empty variable for one that is not set', () => {
    expect(new Config({ PORT: '', DATABASE_URL: '', SEED_DEMO: '' })).toMatchObject({
      port: null,
      databaseUrl: null,
      seedDemo: true,
    });
  });

  it('tells all that is wrong at once, by name and with what is wanted', () => {
    const problems = problemsOf({
      NODE_ENV: 'prod',
      PORT: '80000',
      SEED_DEMO: 'yes',
      DATABASE_URL: 'mysql://db/waybill',
      ORDERS_DATABASE_URL: 'nonsense',
      GATEWAY_TIMEOUT_MS: '1.5',
      LOG_LEVEL: 'loud',
    });
    const names = problems.map((problem) => problem.split(':', 1)[0]);
    expect(names).toEqual([
      'NODE_ENV',
      'PORT',
      'LOG_LEVEL',
      'DATABASE_URL',
      'SEED_DEMO',
      'GATEWAY_TIMEOUT_MS',
      'ORDERS_DATABASE_URL',
    ]);
    expect(problems[0]).toContain('"production"');
    expect(problems[1]).toContain('65535');
  });

  it('never prints a value that is wrong, nor one that is right', () => {
    const secret = 'hunter2-hunter2';
    const names = Object.keys(SETTINGS);
    const allWrong = Object.fromEntries(names.map((name) => [name, `\u0000${secret} not a url`]));
    const withSecret = { ...allWrong, DATABASE_URL: `postgres://admin:${secret}@db:99999/x`, PORT: 'x' };
    for (const env of [allWrong, withSecret]) {
      let shown = '';
      try {
        new Config(env);
      } catch (error) {
        shown = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`;
      }
      expect(shown).toContain('PORT');
      expect(shown).not.toContain(secret);
    }
  });

  it.each([
    'postgres://db/waybill?user=admin&password=x',
    'postgres://admin:x@db/waybill?user=admin',
    'postgres:///waybill?host=/var/run/postgresql',
    'postgres://admin@db/waybill',
  ])('does not take a DATABASE_URL in which no role of a module could stand: %s', (url) => {
    expect(problemsOf({ DATABASE_URL: url })).toEqual([expect.stringContaining('DATABASE_URL: ')]);
    expect(problemsOf({ ORDERS_DATABASE_URL: url })).toEqual([]);
  });

  it('knows the database that a module has to itself', () => {
    const url = 'postgresql://orders:x@elsewhere/orders';
    const config = new Config({ ORDERS_DATABASE_URL: url, DATABASE_URL: 'postgres://a:b@db/waybill' });
    expect(config.databaseUrlOf('orders')).toBe(url);
    expect(config.databaseUrlOf('inventory')).toBeNull();
  });

  it('tells what each setting is for', () => {
    for (const { description } of Object.values(SETTINGS)) expect(description.length).toBeGreaterThan(10);
  });
});
