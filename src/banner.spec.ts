import { banner } from './banner.js';

const facts = { url: 'http://127.0.0.1:8000', dataDir: '/srv/waybill/.data', only: null, demo: true };

describe('the banner', () => {
  it('tells where Waybill listens, where its page is and where its data is', () => {
    const text = banner(facts);
    expect(text).toContain('Shop  http://127.0.0.1:8000\n');
    expect(text).toContain('http://127.0.0.1:8000/docs');
    expect(text).toContain('/srv/waybill/.data');
  });

  it('names every demo user and the password', () => {
    const text = banner(facts);
    for (const user of ['admin', 'staff', 'alice', 'bob']) expect(text).toContain(`${user}@waybill.test`);
    expect(text).toContain('waybill-demo');
  });

  it('keeps each command on one line, to be copied as it stands', () => {
    const commands = banner(facts)
      .split('\n')
      .filter((line) => line.includes('curl'));
    expect(commands).toHaveLength(3);
    for (const command of commands) expect(command).toMatch(/^(?:TOKEN=\$\()?curl /);
  });

  it('tells of a part what it is, in a line, and nothing that needs the other parts', () => {
    expect(banner({ ...facts, only: ['orders', 'inventory'] })).toBe(
      'Waybill listens: orders, inventory at http://127.0.0.1:8000 (docs at http://127.0.0.1:8000/docs; http://127.0.0.1:8000/ready says when it is ready)',
    );
  });

  it('tells nothing of demo users where there are none', () => {
    expect(banner({ ...facts, demo: false })).not.toMatch(/alice|waybill-demo|curl/);
  });
});
