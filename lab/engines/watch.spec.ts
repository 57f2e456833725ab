import type { LocalService } from '../services/local-service.js';
import { Watch } from './watch.js';

describe('the watch over an engine', () => {
  it.each([0, -1])('does not take pid %i, a process group, for a server that runs', async (pid) => {
    const idle = async () => undefined;
    const service: LocalService = { url: '', pid, start: idle, stop: idle, kill: idle };
    const watch = new Watch('Nothing', service, () => undefined);
    expect(watch.running).toBe(false);
    await watch.stop();
  });
});
