import fc from 'fast-check';
import { searchTerms } from './search-terms.js';

describe('search terms', () => {
  it('makes beginnings of words of what was typed', () => {
    expect(searchTerms('Har mug')).toBe('har:* & mug:*');
    expect(searchTerms('MUG-001')).toBe('mug:* & 001:*');
    expect(searchTerms('Café')).toBe('café:*');
  });

  it('finds nothing to search for in punctuation', () => {
    expect(searchTerms(" %_!&|()':*\\ ")).toBeNull();
  });

  it('lets no operator of the query language through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (q) => {
        const terms = searchTerms(q);
        expect(terms ?? 'a:*').toMatch(/^[\p{L}\p{M}\p{Nd}]+:\*(?: & [\p{L}\p{M}\p{Nd}]+:\*){0,7}$/u);
      }),
    );
  });
});
