import { once } from 'node:events';
import { connect, type Server } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { eventually } from '../../../test/eventually.js';
import { freePort } from '../../../lab/free-port.js';
import { listenWide } from './wide-listening.js';

const CONNECTIONS = 200;

describe('an application that listens with several sockets', () => {
  const atWork: (() => void)[] = [];
  let app: NestFastifyApplication;
  let url: string;

  @Controller('work')
  class WorkController {
    @Get()
    work(): Promise<string> {
      return new Promise((resolve) => atWork.push(() => resolve('done')));
    }
  }

  const create = async () => {
    const module = await Test.createTestingModule({ controllers: [WorkController] }).compile();
    return module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  };
  beforeEach(async () => {
    app = await create();
    await listenWide(app, 0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterEach(() => app.close());

  const takesInMany = async () => {
    const server = app.getHttpServer() as Server;
    let accepted = 0;
    server.on('connection', () => (accepted += 1));
    const clients = Array.from({ length: CONNECTIONS }, () =>
      connect(Number(new URL(url).port), '127.0.0.1'),
    );
    await Promise.all(clients.map((client) => once(client, 'connect')));
    let turns = 0;
    for (; accepted < CONNECTIONS; turns++) await turn();
    for (const client of clients) client.destroy();
    expect(turns).toBeLessThan(CONNECTIONS / 4);
  };
  // Elsewhere it has one socket, and there is nothing to be seen of this.
  if (process.platform === 'linux') it('takes in many connections in a turn of the loop', takesInMany);

  it('answers what it works on before it ends, on whatever socket that came', async () => {
    const answers = Array.from({ length: 20 }, async () => (await fetch(`${url}/work`)).text());
    await eventually(() => expect(atWork).toHaveLength(20));
    const closed = app.close();
    expect(await Promise.race([closed, sleep(200, 'still at work')])).toBe('still at work');
    for (const end of atWork.splice(0)) end();
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['done']));
    await closed;
    await expect(fetch(`${url}/work`)).rejects.toThrow('fetch failed');
  });

  it('has its port to itself, whoever else takes it in the same moment, and frees it when it ends', async () => {
    const port = await freePort();
    const both = await Promise.all([create(), create()]);
    const outcomes = await Promise.allSettled(both.map((each) => listenWide(each, port, '127.0.0.1')));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refusals).toEqual([expect.objectContaining({ code: 'EADDRINUSE', syscall: 'listen' })]);
    await Promise.all(both.map((each) => each.close()));
    const next = await create();
    await listenWide(next, port, '127.0.0.1');
    await next.close();
  });
});
