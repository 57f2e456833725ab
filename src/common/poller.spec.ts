import { Logger } from '@nestjs/common';
import { eventually } from '../../test/eventually.js';
import { Poller } from './poller.js';
import { startTracing } from './telemetry/tracing.js';
import { currentWork, runAs } from './telemetry/work-context.js';

const HOUR = 3_600_000;

describe('Poller', () => {
  const pollers: Poller[] = [];

  beforeAll(() => {
    startTracing();
    Logger.overrideLogger(false);
  });

  afterEach(async () => {
    for (const poller of pollers.splice(0)) await poller.stop();
  });

  const poll = (task: () => Promise<number>, intervalMs = HOUR): Poller => {
    const poller = new Poller({ name: 'test', module: 'alpha', intervalMs, task });
    pollers.push(poller);
    return poller;
  };
  /** A task that finds so much to do, one after the other, and then nothing. */
  const finding = (...amounts: number[]) => jest.fn(() => Promise.resolve(amounts.shift() ?? 0));

  it('runs again at once while there is something to do, and then rests', async () => {
    const task = finding(3, 1);
    poll(task).start();
    await eventually(() => expect(task).toHaveBeenCalledTimes(3));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(task).toHaveBeenCalledTimes(3);
  });

  it('looks again after a while by itself', async () => {
    const task = finding();
    poll(task, 5).start();
    await eventually(() => expect(task.mock.calls.length).toBeGreaterThan(3));
  });

  it('looks at once when it is told that there is something', async () => {
    const task = finding();
    const poller = poll(task);
    poller.start();
    await eventually(() => expect(task).toHaveBeenCalledTimes(1));
    poller.kick();
    await eventually(() => expect(task).toHaveBeenCalledTimes(2));
  });

  it('does not miss a hint that comes while it looks', async () => {
    let finish: (amount: number) => void = () => {};
    const task = jest.fn(
      () =>
        new Promise<number>((resolve) => {
          finish = resolve;
        }),
    );
    const poller = poll(task);
    poller.start();
    await eventually(() => expect(task).toHaveBeenCalledTimes(1));
    poller.kick();
    finish(0);
    await eventually(() => expect(task).toHaveBeenCalledTimes(2));
    finish(0);
  });

  it('goes on after a failure', async () => {
    let runs = 0;
    poll(() => (++runs < 3 ? Promise.reject(new Error('no')) : Promise.resolve(0)), 5).start();
    await eventually(() => expect(runs).toBeGreaterThan(4));
  });

  it('does not run faster for hints while it fails', async () => {
    let poller: Poller | null = null;
    const task = jest.fn(() => {
      poller?.kick();
      return Promise.reject(new Error('no'));
    });
    poller = poll(task);
    poller.start();
    await eventually(() => expect(task).toHaveBeenCalledTimes(1));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(task).toHaveBeenCalledTimes(1);
  });

  it('stops when the run that is under way is over, and never runs again', async () => {
    let finish: (amount: number) => void = () => {};
    const task = jest.fn(
      () =>
        new Promise<number>((resolve) => {
          finish = resolve;
        }),
    );
    const poller = poll(task);
    poller.start();
    await eventually(() => expect(task).toHaveBeenCalledTimes(1));
    let stopped = false;
    const stopping = poller.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    finish(5);
    await stopping;
    poller.start();
    expect(task).toHaveBeenCalledTimes(1);
  });

  it('stops at once while it rests, and before it was ever started', async () => {
    const task = finding();
    const poller = poll(task);
    poller.start();
    await eventually(() => expect(task).toHaveBeenCalledTimes(1));
    await poller.stop();
    await poll(task).stop();
  });

  it('runs in the name of its module, not of whoever started it', async () => {
    const seen: string[] = [];
    const poller = poll(() => {
      seen.push(`${currentWork().module} ${currentWork().correlationId}`);
      return Promise.resolve(0);
    });
    runAs('beta', () => poller.start(), { correlationId: 'request 7' });
    await eventually(() => expect(seen).toEqual(['alpha ']));
  });
});
