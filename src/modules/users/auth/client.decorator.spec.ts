import { boundedUserAgent } from './client.decorator.js';

describe('a user agent that is kept', () => {
  it('is the header, cut to 200 characters', () => {
    expect(boundedUserAgent('curl/8.5.0')).toBe('curl/8.5.0');
    expect(boundedUserAgent('x'.repeat(5000))).toHaveLength(200);
  });

  it('holds nothing that a database or a terminal would choke on', () => {
    expect(boundedUserAgent('a\u0000b\u001b[31m\tc\u0085')).toBe('ab[31mc');
    expect(boundedUserAgent(`${'x'.repeat(199)}\ud83d\ude00`)?.isWellFormed()).toBe(true);
  });

  it('is null when there is none', () => {
    expect(boundedUserAgent(undefined)).toBeNull();
    expect(boundedUserAgent('  ')).toBeNull();
  });
});
