import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { register } from 'prom-client';
import { eventually } from '../../../../test/eventually.js';
import { Config } from '../../../common/config/config.js';
import { money } from '../../../common/money.js';
import { createGateway, type Gateway } from '../../../mock-gateway/server.js';
import { MockGatewayAdapter } from './mock-gateway.adapter.js';
import { GatewayOutcomeUnknown, GatewayUnreachable } from './payment-gateway.js';

const amount = money(500, 'EUR');
const order = (token: string) => ({ amount, token, reference: 'order-1' });

describe('the adapter of the mock gateway', () => {
  let folder: string;
  let gateway: Gateway;
  let url: string;
  let adapter: MockGatewayAdapter;

  const connect = (to: string) => new MockGatewayAdapter(new Config({ GATEWAY_URL: to }));
  const fault = async (body: object) => {
    const { status } = await fetch(`${url}/faults`, { method: 'POST', body: JSON.stringify(body) });
    expect(status).toBe(201);
  };

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waybill-adapter-'));
    gateway = await createGateway({ ledgerPath: join(folder, 'ledger.jsonl') });
    url = `http://127.0.0.1:${await gateway.listen(0)}`;
    adapter = connect(url);
  });

  afterEach(async () => {
    await adapter.onModuleDestroy();
    adapter.onApplicationShutdown();
    await gateway.close(0);
    await rm(folder, { recursive: true, force: true });
  });

  it('captures once per key, and finds it again', async () => {
    const first = await adapter.charge('k1', order('tok_visa'), 1000);
    expect(first).toEqual({ kind: 'captured', reference: expect.stringMatching(/^ch_/) });
    await expect(adapter.charge('k1', order('tok_visa'), 1000)).resolves.toEqual(first);
    await expect(adapter.find('k1', 1000)).resolves.toEqual(first);
  });

  it.each([
    ['tok_declined', 'card_declined'],
    ['tok_insufficient_funds', 'insufficient_funds'],
    ['tok_unheard_of', 'invalid_token'],
  ])('is told why %s is declined', async (token, reason) => {
    const declined = { kind: 'declined', reference: expect.any(String), reason };
    await expect(adapter.charge('k1', order(token), 1000)).resolves.toEqual(declined);
    await expect(adapter.find('k1', 1000)).resolves.toEqual(declined);
  });

  it('knows nothing of a key that was never sent', async () => {
    await expect(adapter.find('k1', 1000)).resolves.toBeNull();
    await expect(adapter.findRefund('r1', 1000)).resolves.toBeNull();
  });

  it('voids a key for ever, whether or not something was captured under it', async () => {
    await expect(adapter.cancel('k1', 1000)).resolves.toEqual({
      kind: 'voided',
      reference: null,
      paidBack: false,
    });
    await expect(adapter.charge('k1', order('tok_visa'), 1000)).resolves.toMatchObject({
      kind: 'voided',
      paidBack: false,
    });
    await adapter.charge('k2', order('tok_visa'), 1000);
    await expect(adapter.cancel('k2', 1000)).resolves.toMatchObject({ kind: 'voided', paidBack: true });
    await expect(adapter.find('k2', 1000)).resolves.toMatchObject({ kind: 'voided', paidBack: true });
  });

  it('pays back once per refund key, and not more than was captured', async () => {
    await adapter.charge('k1', order('tok_visa'), 1000);
    const done = await adapter.refund('k1', 'r1', 300, 1000);
    expect(done).toEqual({ kind: 'done', reference: expect.stringMatching(/^re_/) });
    await expect(adapter.refund('k1', 'r1', 300, 1000)).resolves.toEqual(done);
    await expect(adapter.findRefund('r1', 1000)).resolves.toBe((done as { reference: string }).reference);
    await expect(adapter.refund('k1', 'r2', 300, 1000)).resolves.toEqual({
      kind: 'refused',
      reason: 'over_refund',
      excess: true,
    });
    await fault({ kind: 'decline', on: 'refund' });
    await expect(adapter.refund('k1', 'r3', 100, 1000)).resolves.toEqual({
      kind: 'refused',
      reason: 'refund_declined',
      excess: false,
    });
    await expect(adapter.cancel('k1', 1000)).rejects.toThrow(GatewayOutcomeUnknown);
  });

  it('takes a refused connection for certain: nothing was sent', async () => {
    await gateway.close(0);
    await expect(adapter.charge('k1', order('tok_visa'), 1000)).rejects.toThrow(GatewayUnreachable);
  });

  it('takes a name that does not resolve for certain', async () => {
    const lost = connect('http://gateway.invalid');
    await expect(lost.charge('k1', order('tok_visa'), 1000)).rejects.toThrow(GatewayUnreachable);
  });

  it.each([503, 500, 429])('does not know the outcome of an answer of %i', async (status) => {
    await fault({ kind: 'error', status });
    await expect(adapter.charge('k1', order('tok_visa'), 1000)).rejects.toMatchObject({
      name: 'GatewayOutcomeUnknown',
      answered: true,
    });
  });

  it('does not know the outcome of a reset, nor of silence', async () => {
    await fault({ kind: 'reset' });
    await expect(adapter.charge('k1', order('tok_visa'), 1000)).rejects.toMatchObject({
      name: 'GatewayOutcomeUnknown',
      answered: false,
    });
    await fetch(`${url}/faults`, { method: 'DELETE' });
    await expect(adapter.charge('k2', order('tok_gateway_timeout'), 100)).rejects.toMatchObject({
      name: 'GatewayOutcomeUnknown',
      answered: false,
    });
    await expect(adapter.find('k2', 1000)).resolves.toMatchObject({ kind: 'captured' });
  });

  it('does not know the outcome when the key belongs to another charge', async () => {
    await adapter.charge('k1', order('tok_visa'), 1000);
    await expect(adapter.charge('k1', order('tok_mastercard'), 1000)).rejects.toThrow(/422 key_reused/);
  });

  it('does not take the 404 of something else for "never seen"', async () => {
    const { server, address } = await serve((respond) => respond(404, '<h1>Not found</h1>'));
    const elsewhere = connect(address);
    await expect(elsewhere.find('k1', 1000)).rejects.toThrow(GatewayOutcomeUnknown);
    elsewhere.onApplicationShutdown();
    server.close();
  });

  it('never lets the token into an error', async () => {
    await fault({ kind: 'error' });
    const error = await adapter
      .charge('k1', order('tok_secret_1234'), 1000)
      .catch((thrown: unknown) => thrown);
    expect(String(error) + JSON.stringify(error)).not.toContain('tok_secret_1234');
  });

  it('stops asking a gateway that fails, still answers questions, and notices when it is back', async () => {
    await fault({ kind: 'error' });
    for (let n = 0; n < 12; n++)
      await adapter.charge(`k${n}`, order('tok_visa'), 1000).catch(() => undefined);
    await expect(adapter.charge('k99', order('tok_visa'), 1000)).rejects.toThrow(GatewayUnreachable);
    await expect(adapter.find('k99', 1000)).resolves.toBeNull();
    await fetch(`${url}/faults`, { method: 'DELETE' });
    await eventually(() =>
      expect(adapter.charge('k99', order('tok_visa'), 1000)).resolves.toMatchObject({ kind: 'captured' }),
    );
  });

  it('asks by itself whether questions are answered again, when nobody else has one', async () => {
    adapter.onApplicationBootstrap();
    const told = async () =>
      (await register.getSingleMetric('circuit_breaker_state')?.get())?.values[0]?.value;
    await fault({ kind: 'error', on: 'all' });
    for (let n = 0; n < 12; n++) await adapter.find(`k${n}`, 1000).catch(() => undefined);
    expect(await told()).toBe(2);
    await fetch(`${url}/faults`, { method: 'DELETE' });
    await eventually(async () => expect(await told()).toBe(0));
  });

  it('leaves the first word to whoever has something to ask: refunds may work where questions do not', async () => {
    await adapter.charge('k1', order('tok_visa'), 1000);
    await fault({ kind: 'timeout', on: 'lookup' });
    await Promise.all(Array.from({ length: 12 }, () => adapter.find('k1', 100).catch(() => undefined)));
    await expect(adapter.refund('k1', 'r1', 100, 1000)).rejects.toThrow(GatewayUnreachable);
    // So that it looks whether questions are answered at the moment at which they may be asked again.
    adapter.onApplicationBootstrap();
    await eventually(async () => {
      await sleep(300);
      expect(await adapter.refund('k1', 'r1', 100, 1000)).toMatchObject({ kind: 'done' });
    });
  });

  it('does not take refusals for failures', async () => {
    for (let n = 0; n < 20; n++) await adapter.charge(`k${n}`, order('tok_declined'), 1000);
    await expect(adapter.charge('k99', order('tok_visa'), 1000)).resolves.toMatchObject({ kind: 'captured' });
  });

  it('keeps 512 charges in flight at once', async () => {
    let open = 0;
    let most = 0;
    const { server, address } = await serve((respond) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        respond(201, JSON.stringify({ id: 'ch_1', status: 'captured' }));
      }, 500);
    });
    const busy = connect(address);
    await Promise.all(Array.from({ length: 512 }, (_, n) => busy.charge(`k${n}`, order('tok_visa'), 10_000)));
    expect(most).toBe(512);
    busy.onApplicationShutdown();
    server.close();
  });
});

type Respond = (status: number, body: string) => void;

async function serve(handle: (respond: Respond) => void): Promise<{ server: Server; address: string }> {
  const server = createServer((_request, response) =>
    handle((status, body) => response.writeHead(status).end(body)),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
