import { clientNetwork } from './client-network.js';

describe('the network of a client address', () => {
  it('is the address itself in IPv4, also when mapped into IPv6', () => {
    expect(clientNetwork('192.0.2.7')).toBe('192.0.2.7');
    expect(clientNetwork('::ffff:192.0.2.7')).toBe('192.0.2.7');
  });

  it('is the first 64 bits in IPv6, however the address is written', () => {
    const network = '2001:db8:0:1::/64';
    expect(clientNetwork('2001:db8:0:1:aaaa:bbbb:cccc:dddd')).toBe(network);
    expect(clientNetwork('2001:0DB8:0000:0001::7')).toBe(network);
    expect(clientNetwork('2001:db8:0:1::192.0.2.7')).toBe(network);
    expect(clientNetwork('2001:db8:0:2::7')).not.toBe(network);
    expect(clientNetwork('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    expect(clientNetwork('::1')).toBe('0:0:0:0::/64');
  });

  it('leaves alone what is no address', () => {
    expect(clientNetwork('unix')).toBe('unix');
  });
});
