import { existsSync } from 'node:fs';
import { connect } from 'amqplib';
import { rabbitMqAnswers } from '../../lab/services/answers.js';
import { eventually } from '../eventually.js';
import { rabbitForTest } from '../services.js';
import { BrokerDesk, DESK } from './broker-desk.js';
import { startOwner } from './service-owner.js';

/** A broker boots in 5 s, in many times that when others keep the machine busy. */
jest.setTimeout(180_000);

describe("a run's RabbitMQ", () => {
  it('is one broker with a virtual host for each who asks', async () => {
    const [one, two] = await Promise.all([rabbitForTest(), rabbitForTest()]);
    const [first, second] = [new URL(one.url), new URL(two.url)];
    expect(first.host).toBe(second.host);
    expect(first.pathname).not.toBe(second.pathname);
    await Promise.all([rabbitMqAnswers(one.url), rabbitMqAnswers(two.url)]);
    await Promise.all([one.release(), two.release()]);
  });

  it('forgets a virtual host that is given back, with all that is in it and all who use it', async () => {
    const { url, release } = await rabbitForTest();
    const connection = await connect(url);
    const cut = new Promise((resolve) => connection.once('close', resolve));
    connection.on('error', () => undefined);
    await release();
    await cut;
    await eventually(() => expect(connect(url)).rejects.toThrow(/ConnectionClose|NOT_ALLOWED/));
  });

  it('is not started when nobody asks, and says so when nobody can give', async () => {
    const ours = process.env[DESK];
    const desk = new BrokerDesk();
    try {
      await desk.open();
      expect(desk.hasBroker).toBe(false);
      await desk.close();
      delete process.env[DESK];
      await expect(rabbitForTest()).rejects.toThrow('is for tests run by Jest');
    } finally {
      process.env[DESK] = ours;
    }
  });

  it('ends when the run is killed with -9, and leaves no folder', async () => {
    const owner = await startOwner('desk');
    const { url, folder } = owner.service;
    await rabbitMqAnswers(url);
    expect(existsSync(folder)).toBe(true);
    owner.kill('SIGKILL');
    await eventually(() => expect(rabbitMqAnswers(url)).rejects.toThrow(/ECONNREFUSED/));
    await eventually(() => expect(existsSync(folder)).toBe(false));
  });
});
