import { Exit } from './exit.js';

describe('Exit', () => {
  const complaints: string[] = [];
  const codes: number[] = [];
  const anExit = (limitMs = 60_000) =>
    new Exit({ complain: (message) => complaints.push(message), end: (code) => codes.push(code), limitMs });

  beforeEach(() => {
    complaints.length = 0;
    codes.length = 0;
  });

  it('closes what was opened last first, then ends with the code', async () => {
    const closed: string[] = [];
    const exit = anExit();
    exit.before(async () => void closed.push('database'));
    exit.before(async () => void closed.push('application'));
    await exit.now(0);
    expect(closed).toEqual(['application', 'database']);
    expect(codes).toEqual([0]);
    expect(complaints).toEqual([]);
  });

  it('is not disturbed by a second signal', async () => {
    const drain = Promise.withResolvers<void>();
    const exit = anExit();
    exit.before(() => drain.promise);
    const first = exit.now(0);
    await exit.now(1);
    expect(codes).toEqual([]);
    drain.resolve();
    await first;
    expect(codes).toEqual([0]);
  });

  it('goes on with the rest when a step fails, and ends with 1', async () => {
    const closed: string[] = [];
    const exit = anExit();
    exit.before(async () => void closed.push('database'));
    exit.before(() => Promise.reject(new Error('stuck')));
    await exit.now(0);
    expect(closed).toEqual(['database']);
    expect(codes).toEqual([1]);
    expect(complaints).toEqual(['Something could not be closed']);
  });

  it('ends with 1 and says so when a step does not end in time', async () => {
    const exit = anExit(20);
    exit.before(() => new Promise(() => {}));
    await exit.now(0);
    expect(codes).toEqual([1]);
    expect(complaints).toEqual(['Not everything was closed within 0.02 s; what was left is cut off']);
  });

  it('waits for a start that is under way, even one that fails', async () => {
    const booting = Promise.withResolvers<void>();
    const closed: string[] = [];
    const exit = anExit();
    exit.after(booting.promise);
    const ended = exit.now(0);
    exit.before(async () => void closed.push('opened meanwhile'));
    booting.reject(new Error('no'));
    await ended;
    expect(closed).toEqual(['opened meanwhile']);
    expect(codes).toEqual([0]);
  });
});
