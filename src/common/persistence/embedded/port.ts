import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';

/** A free port of 127.0.0.1: last time's if it can be had, so that a saved connection string stays true. */
export async function rememberedPort(file: string): Promise<number> {
  const remembered = await freePort(readPort(file)).catch(() => undefined);
  if (remembered !== undefined) return remembered;
  const port = await freePort(0);
  writeFileSync(file, `${port}\n`);
  return port;
}

function readPort(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    return Number.NaN;
  }
}

/** 0 asks for any. @throws when the port is taken or is none */
function freePort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    if (Number.isNaN(port)) return reject(new Error('no port'));
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, () => {
      const { port: found } = server.address() as AddressInfo;
      server.close(() => resolve(found));
    });
  });
}
