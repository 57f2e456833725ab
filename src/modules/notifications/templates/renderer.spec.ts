import { KINDS } from '../domain/kinds.js';
import { TEMPLATES } from './catalogue.js';
import { type Message, render } from './renderer.js';

const eur = (amount: number) => ({ amount, currency: 'EUR' });
const number = 'WB-2026-000123';
const items = [
  { name: 'Mug', quantity: 2, total: eur(2580) },
  { name: 'Tea <b>& more</b>', quantity: 1, total: eur(999) },
];

const MESSAGES: { [K in Message['kind']]: Extract<Message, { kind: K }> } = {
  'order-confirmed': { kind: 'order-confirmed', variables: { number, total: eur(3579), items } },
  'order-failed': { kind: 'order-failed', variables: { number, reason: null } },
  'order-shipped': { kind: 'order-shipped', variables: { number, items } },
  'order-delivered': { kind: 'order-delivered', variables: { number } },
  'order-cancelled': { kind: 'order-cancelled', variables: { number, reason: 'changed my mind' } },
  'payment-refunded': {
    kind: 'payment-refunded',
    variables: { number: null, amount: eur(999), reason: null },
  },
  welcome: { kind: 'welcome', variables: {} },
};

describe('render', () => {
  it.each(KINDS)('renders %s whole, with no gap in it', (kind) => {
    const text = render(MESSAGES[kind], 'Alice');
    expect(text.body).toMatch(/^Hello Alice,\n\n[^]+\n\nYours,\nWaybill\n$/);
    for (const part of [text.subject, text.body, text.brief]) {
      expect(part).not.toMatch(/undefined|null|\[object/);
      expect(part.trim()).not.toBe('');
    }
    expect(text.subject).not.toContain('\n');
    expect(text.brief).not.toContain('\n');
  });

  it('says what was ordered and what it costs', () => {
    const { subject, body } = render(MESSAGES['order-confirmed'], 'Alice');
    expect(subject).toBe('Order WB-2026-000123 is confirmed');
    expect(body).toContain('  2 x Mug: 25.80 EUR\n  1 x Tea <b>& more</b>: 9.99 EUR\n\nTotal: 35.79 EUR\n');
  });

  it('gives the reason where there is one', () => {
    expect(render(MESSAGES['order-cancelled'], 'A').body).toContain('was cancelled: changed my mind.\n');
    expect(render(MESSAGES['order-failed'], 'A').body).toContain('could not be placed.\n');
  });

  it('keeps line breaks of values out of subject and body', () => {
    const odd = 'X\r\nBcc: victim@example.com\r\n\r\nHello';
    const text = render({ kind: 'order-cancelled', variables: { number: odd, reason: odd } }, `A\r\nB`);
    expect(text.subject).toBe('Order X Bcc: victim@example.com Hello was cancelled');
    expect(text.body.split('\n').some((line) => line.startsWith('Bcc'))).toBe(false);
    expect(text.body).not.toContain('\r');
  });

  it('does not run what looks like a template in a value', () => {
    const variables = { number: '${7 * 6}', reason: '{{ 7 * 6 }}' };
    const { subject, body } = render({ kind: 'order-failed', variables }, 'A');
    expect(subject).toContain('${7 * 6}');
    expect(body).toContain('{{ 7 * 6 }}');
  });
});

describe('TEMPLATES', () => {
  it('refuse variables that they do not know', () => {
    for (const kind of KINDS) {
      const { variables } = MESSAGES[kind];
      expect(TEMPLATES[kind].variables.safeParse(variables).success).toBe(true);
      expect(TEMPLATES[kind].variables.safeParse({ ...variables, more: 1 }).success).toBe(false);
    }
  });
});
