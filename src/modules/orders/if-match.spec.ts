import { parseIfMatch } from './if-match.js';

describe('If-Match', () => {
  it.each([
    ['"3"', 3],
    ['W/"12"', 12],
    ['7', 7],
    ['*', null],
    [undefined, null],
  ])('reads %s', (header, version) => {
    expect(parseIfMatch(header)).toBe(version);
  });

  it.each(['', '"0"', '"-1"', '"1.5"', '"three"', '"1", "2"', '"99999999999"'])('refuses %s', (header) => {
    expect(() => parseIfMatch(header)).toThrow('If-Match must be a version');
  });
});
