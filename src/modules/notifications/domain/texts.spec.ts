import { greeting } from './greeting.js';
import { moneyText } from './money-text.js';
import { oneLine } from './plain-text.js';
import { MAX_ATTEMPTS, waitAfter } from './retry.js';

describe('greeting', () => {
  it.each(['Alice', 'Łukasz Żółć', "O'Brien-Smith", '山田 太郎', 'Dr. Who'])('greets %s by name', (name) => {
    expect(greeting(name)).toBe(`Hello ${name},`);
  });

  it.each([
    'Win at http://evil.example',
    'evil.example',
    'evil\u200e.example',
    'evil\u200d.example',
    'evil.1337.example',
    'evil。example',
    '1.2.3.4',
    'mail me@evil',
    'a\\b',
    '<b>you</b>',
    'x'.repeat(61),
    '  ',
  ])('greets without a name that could carry a link: %s', (name) => {
    expect(greeting(name)).toBe('Hello,');
  });
});

describe('moneyText', () => {
  it.each([
    [4990, 'EUR', '49.90 EUR'],
    [5, 'EUR', '0.05 EUR'],
    [0, 'EUR', '0.00 EUR'],
    [4990, 'JPY', '4990 JPY'],
    [12345, 'KWD', '12.345 KWD'],
    [100, 'XQQ', '1.00 XQQ'],
  ])('writes %d minor units of %s as %s', (amount, currency, text) => {
    expect(moneyText({ amount, currency })).toBe(text);
  });
});

describe('oneLine', () => {
  it('leaves nothing that begins a new line or turns the reading direction', () => {
    expect(oneLine('a\r\nBcc: b\u2028c\u0000d\u202Ee\u061Cf')).toBe('a Bcc: b c def');
  });

  it('is bounded and stays well-formed when a pair of surrogates is cut', () => {
    const cut = oneLine('😀😀', 3);
    expect(cut).toHaveLength(3);
    expect(cut.isWellFormed()).toBe(true);
  });
});

describe('waitAfter', () => {
  it('waits twice as long each time, never longer than a quarter of an hour, and ends', () => {
    const waits = Array.from({ length: MAX_ATTEMPTS }, (_, index) => waitAfter(index + 1));
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, null]);
  });
});
