/** Asks for a thread that waits. Status 0 stands for no answer, as in k6. */
const { parentPort, workerData } = require('node:worker_threads');

const { port, flag } = workerData;

async function ask({ method, url, body, headers, timeoutMs }) {
  try {
    const answer = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) });
    return { status: answer.status, headers: [...answer.headers], body: await answer.text() };
  } catch (error) {
    return { status: 0, headers: [], body: String(error) };
  }
}

parentPort.on('message', (request) => {
  void ask(request).then((answer) => {
    port.postMessage(answer);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
});
