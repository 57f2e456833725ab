import { judgeRefresh } from './refresh-rules.js';

describe('judging a refresh token', () => {
  const fresh = { used: false, retried: false, ended: false, expired: false };

  it('rotates a token that is used for the first time', () => {
    expect(judgeRefresh(fresh)).toBe('rotate');
  });

  it('tells a reuse before anything else', () => {
    expect(judgeRefresh({ ...fresh, used: true })).toBe('reused');
    expect(judgeRefresh({ used: true, retried: false, ended: true, expired: true })).toBe('reused');
  });

  it('rotates a token again whose answer was lost, unless its session is over', () => {
    const retried = { ...fresh, used: true, retried: true };
    expect(judgeRefresh(retried)).toBe('rotate');
    expect(judgeRefresh({ ...retried, ended: true })).toBe('ended');
    expect(judgeRefresh({ ...retried, expired: true })).toBe('expired');
  });

  it('refuses the token of a session that has ended or expired', () => {
    expect(judgeRefresh({ ...fresh, ended: true })).toBe('ended');
    expect(judgeRefresh({ ...fresh, expired: true })).toBe('expired');
    expect(judgeRefresh({ ...fresh, ended: true, expired: true })).toBe('ended');
  });
});
