import { deflateRawSync } from 'node:zlib';
import { readFromZip } from './zip.js';

/** An archive of one file. */
function archive(name: string, text: string): Buffer {
  const data = deflateRawSync(text);
  const header = (signature: number, size: number) => {
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32LE(signature);
    return bytes;
  };
  const local = header(0x04034b50, 30);
  local.writeUInt16LE(name.length, 26);
  const central = header(0x02014b50, 46);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt16LE(name.length, 28);
  const end = header(0x06054b50, 22);
  end.writeUInt32LE(local.length + name.length + data.length, 16);
  return Buffer.concat([local, Buffer.from(name), data, central, Buffer.from(name), end]);
}

describe('readFromZip', () => {
  it('takes a file out of an archive', () => {
    expect(readFromZip(archive('bin/kubectl', 'hello'), 'bin/kubectl').toString()).toBe('hello');
  });

  it('says which file is not in there', () => {
    expect(() => readFromZip(archive('bin/kubectl', 'hello'), 'bin/helm')).toThrow('There is no bin/helm');
    expect(() => readFromZip(Buffer.from('no archive at all, but long enough'), 'x')).toThrow(
      'There is no x',
    );
  });
});
