import { Config } from './config/config.js';

// That an armed failpoint ends the process is shown by test/chaos/kill.spec.ts.
describe('the setting WAYBILL_FAILPOINT', () => {
  it('names a point and at which time of passing the process dies', () => {
    expect(new Config({ WAYBILL_FAILPOINT: 'orders.create.after:5' }).failpoint).toBe(
      'orders.create.after:5',
    );
    expect(new Config({}).failpoint).toBeNull();
  });

  it.each(['orders.create.after', 'orders.create.after:0', ':5', 'rm -rf /:1'])(
    'does not take %s',
    (spec) => {
      expect(() => new Config({ WAYBILL_FAILPOINT: spec })).toThrow('WAYBILL_FAILPOINT');
    },
  );

  it('is refused in production', () => {
    const env = { NODE_ENV: 'production', WAYBILL_FAILPOINT: 'orders.create.after:5' };
    expect(() => new Config(env)).toThrow('a production process is never made to crash');
  });
});
