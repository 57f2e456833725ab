import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimFolder } from './folder-owner.js';

describe('a claim on a data folder', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waybill-claim-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is refused while it is held, by this process too, and free once released', () => {
    const owner = claimFolder(folder);
    expect(() => claimFolder(folder)).toThrow(`another Waybill (pid ${process.pid})`);
    owner.release();
    expect(() => claimFolder(folder)).not.toThrow();
  });

  it('dies with its process even if the pid lives again', () => {
    writeFileSync(
      join(folder, 'owner.3.json'),
      JSON.stringify({ pid: process.pid, startedAt: 'in another life' }),
    );
    claimFolder(folder);
    expect(readdirSync(folder)).toEqual(['owner.4.json']);
  });

  it('survives a file that a power failure left empty', () => {
    writeFileSync(join(folder, 'owner.3.json'), '');
    expect(() => claimFolder(folder)).not.toThrow();
  });
});
