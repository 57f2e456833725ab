import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network that a client address is counted under. An IPv6 customer gets a /64 at least, so that counting
 * single addresses would let one machine start afresh with each request.
 */
export function clientNetwork(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0');
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`;
}

function groups(part: string): string[] {
  const words = part === '' ? [] : part.split(':');
  // A trailing dotted quad stands for two groups.
  return words.flatMap((word) =>
    word.includes('.') ? ['0', '0'] : [Number.parseInt(word, 16).toString(16)],
  );
}
