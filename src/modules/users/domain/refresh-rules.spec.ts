import { judgeRefresh } from './refresh-rules.js';

describe('judging a refresh token', () => {
  const fresh = { used: false, ended: false, expired: false };

  it('rotates a token that is used for the first time', () => {
    expect(judgeRefresh(fresh)).toBe('rotate');
  });

  it('tells a reuse before anything else', () => {
    expect(judgeRefresh({ ...fresh, used: true })).toBe('reused');
    expect(judgeRefresh({ used: true, ended: true, expired: true })).toBe('reused');
  });

  it('refuses the token of a session that has ended or expired', () => {
    expect(judgeRefresh({ ...fresh, ended: true })).toBe('ended');
    expect(judgeRefresh({ ...fresh, expired: true })).toBe('expired');
    expect(judgeRefresh({ ...fresh, ended: true, expired: true })).toBe('ended');
  });
});
