import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Charges, type ChargeRequest } from './charges.js';
import { Ledger } from './ledger.js';

/** Races whose order HTTP would leave to chance. */
describe('Charges', () => {
  const usual = { delayMs: 0, decline: false };
  const request: ChargeRequest = { amount: 100, currency: 'EUR', token: 'tok_visa', reference: null };
  let folder: string;
  let ledger: Ledger;
  let charges: Charges;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'charges-'));
    ledger = await Ledger.open(join(folder, 'ledger.jsonl'));
    charges = new Charges(ledger);
  });

  afterEach(async () => {
    await ledger.close();
    await rm(folder, { recursive: true });
  });

  it('refuses a charge that arrives while its void is being written', async () => {
    const voided = charges.void('k1', usual);
    const charged = charges.charge('k1', request, usual);
    expect(await voided).toMatchObject({ status: 200, body: { status: 'voided' } });
    expect(await charged).toMatchObject({ status: 409, body: { error: { code: 'voided' } } });
    expect(ledger.lastSeq).toBe(1);
  });

  it('pays back a charge that is being written when its void arrives', async () => {
    const charged = charges.charge('k1', request, usual);
    const voided = charges.void('k1', usual);
    expect(await charged).toMatchObject({ status: 201 });
    expect(await voided).toMatchObject({ status: 200, body: { status: 'refunded', refunded: 100 } });
  });

  it('lets a lookup wait for the charge that is under way', async () => {
    const charged = charges.charge('k1', request, usual);
    const found = charges.lookup('k1');
    expect(await found).toEqual({ status: 200, body: (await charged).body });
  });

  it('gives one refund key to one of two charges', async () => {
    await charges.charge('k1', request, usual);
    await charges.charge('k2', request, usual);
    const answers = await Promise.all([
      charges.refund('k1', 'r1', 50, usual),
      charges.refund('k2', 'r1', 50, usual),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([201, 422]);
    expect(ledger.lastSeq).toBe(3);
  });

  it('frees the key of a charge whose ledger entry could not be written', async () => {
    const record = jest.spyOn(ledger, 'record').mockRejectedValueOnce(new Error('no space left'));
    await expect(charges.charge('k1', request, usual)).rejects.toThrow('no space left');
    record.mockRestore();
    expect(await charges.lookup('k1')).toMatchObject({ status: 404 });
    expect(await charges.charge('k1', request, usual)).toMatchObject({ status: 201 });
  });
});
