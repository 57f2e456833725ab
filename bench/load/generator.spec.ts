import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Arrivals, generate, percentiles } from './generator.js';

describe('percentiles', () => {
  it('are values that were seen: the least one that so many are not above', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect(percentiles(hundred)).toEqual({ p50: 50, p90: 90, p99: 99, p999: 100, max: 100 });
    expect(percentiles([3])).toMatchObject({ p50: 3, p999: 3, max: 3 });
  });

  it('are nothing where nothing was answered', () => {
    expect(percentiles([])).toEqual({ p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
  });
});

describe('the load generator', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
  });

  const serve = async (answer: RequestListener) => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const load = (url: string, arrivals: Arrivals, seconds: number) =>
    generate({
      url,
      traffic: { kind: 'orders', tokens: ['t'], skus: ['a', 'b'], seed: 1 },
      arrivals,
      seconds,
    });

  it('charges a stall to all that were due in it, though none could be sent', async () => {
    const stallMs = 400;
    let answered = 0;
    const url = await serve((_request, response) => {
      answered += 1;
      // This stops the generator too, which is in the same process: it sends what was due meanwhile too late.
      const until = performance.now() + (answered === 20 ? stallMs : 0);
      while (performance.now() < until);
      response.end();
    });
    const { sent, latency } = await load(url, { rate: 200 }, 1);
    expect(sent).toBe(200);
    // 80 were due in it, and waited for 400 ms to none: of all 200, one in five for more than 200 ms.
    expect(latency.p90).toBeGreaterThan(stallMs / 2);
  });

  it('has no more requests under way in a closed loop than it has connections', async () => {
    let now = 0;
    let most = 0;
    const url = await serve((_request, response) => {
      most = Math.max(most, (now += 1));
      setTimeout(() => {
        now -= 1;
        response.end();
      }, 5);
    });
    const { sent, answers } = await load(url, { connections: 3 }, 0.2);
    expect(most).toBe(3);
    expect(answers).toEqual({ '200': sent });
  });

  it('keeps the ids of the orders that were acknowledged, and tells refusals from them', async () => {
    let number = 0;
    const url = await serve((_request, response) => {
      number += 1;
      if (number % 2) response.writeHead(201, { location: `/api/v1/orders/order-${number}` });
      else response.writeHead(503);
      response.end();
    });
    const { answers, orderIds } = await load(url, { rate: 100 }, 0.1);
    expect(answers).toEqual({ '201': 5, '503': 5 });
    expect(orderIds.toSorted()).toEqual(['order-1', 'order-3', 'order-5', 'order-7', 'order-9']);
  });

  it('counts a connection that breaks, and goes on', async () => {
    const url = await serve((request) => request.socket.destroy());
    const { answers } = await load(url, { rate: 50 }, 0.1);
    expect(answers).toEqual({ error: 5 });
  });
});
