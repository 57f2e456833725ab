import { once } from 'node:events';
import { WebSocket } from 'ws';

/** The page is sent the state each second, later under load; with a gap like this nobody was watching. */
const LONGEST_GAP_MS = 5000;

export interface Watcher {
  /** @throws when it was not shown the system all the time */
  end(): void;
}

/** What a browser does that has the operations page of `url` open: it is sent the state of the system each second. */
export async function watchOperations(url: string, token: string): Promise<Watcher> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`);
  let shownAt = performance.now();
  let longestGap = 0;
  const shown = () => {
    longestGap = Math.max(longestGap, performance.now() - shownAt);
    shownAt = performance.now();
  };
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'auth', token }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ type: 'watch', what: 'operations' }));
  await once(socket, 'message', { signal: AbortSignal.timeout(LONGEST_GAP_MS) });
  shown();
  socket.on('message', shown);
  return {
    end: () => {
      shown();
      socket.terminate();
      if (longestGap > LONGEST_GAP_MS)
        throw new Error(`The watcher was shown nothing for ${(longestGap / 1000).toFixed(1)} s`);
    },
  };
}
