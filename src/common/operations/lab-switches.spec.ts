import { Logger } from '@nestjs/common';
import { newId } from '../ids.js';
import { LabSwitches } from './lab-switches.js';
import { OperationsChannel } from './operations-channel.js';

describe('LabSwitches', () => {
  let channel: OperationsChannel;
  let reporter: { id: string; slowMs: number; tellAtOnce: () => Promise<void> };
  let thrown: unknown[];

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(() => {
    channel = new OperationsChannel(null);
    reporter = { id: newId(), slowMs: 0, tellAtOnce: () => Promise.resolve() };
    thrown = [];
  });

  const start = (on: boolean) => {
    const switches = new LabSwitches(on, channel, reporter);
    switches.add('gateway', (value) => {
      thrown.push(value);
      return Promise.resolve();
    });
    switches.onModuleInit();
  };
  const say = (what: { name: string; process?: string; value?: unknown }) =>
    channel.say('switches', { value: null, by: 'u', ...what });

  it('does what an administrator wants of this process, and of none in particular', () => {
    start(true);
    say({ name: 'slow', process: reporter.id, value: 500 });
    say({ name: 'gateway', value: 'error' });
    expect([reporter.slowMs, thrown]).toEqual([500, ['error']]);
  });

  it('leaves alone what is meant for another process, and what nobody knows', () => {
    start(true);
    say({ name: 'slow', process: newId(), value: 500 });
    say({ name: 'kill' });
    say({ name: 'gateway', process: reporter.id, value: 'error' });
    expect([reporter.slowMs, thrown]).toEqual([0, []]);
  });

  it.each([
    [1e9, 10_000],
    [-5, 0],
    ['soon', 0],
  ])('is slow within bounds: %p is %p ms', (value, ms) => {
    start(true);
    say({ name: 'slow', process: reporter.id, value });
    expect(reporter.slowMs).toBe(ms);
  });

  it('hears nothing where there are no switches, whoever throws them', () => {
    start(false);
    say({ name: 'slow', process: reporter.id, value: 500 });
    say({ name: 'gateway', value: 'error' });
    expect([reporter.slowMs, thrown]).toEqual([0, []]);
  });
});
