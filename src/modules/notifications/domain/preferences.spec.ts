import { completed, DEFAULT_PREFERENCES, lacksPhone, routesOf, turnedOff } from './preferences.js';

const phone = '+4915112345678';

describe('routesOf', () => {
  it('goes by mail and WebSocket for somebody who chose nothing', () => {
    expect(routesOf(DEFAULT_PREFERENCES, 'order-confirmed')).toEqual([
      { channel: 'email', suppressed: false },
      { channel: 'websocket', suppressed: false },
    ]);
  });

  it('tells a default channel that was turned off as suppressed', () => {
    const preferences = { phone: null, kinds: { 'order-confirmed': ['websocket'] } } as const;
    expect(routesOf(preferences, 'order-confirmed')).toEqual([
      { channel: 'email', suppressed: true },
      { channel: 'websocket', suppressed: false },
    ]);
  });

  it('does not mention text messages unless they were asked for', () => {
    const channels = routesOf({ phone, kinds: {} }, 'welcome').map(({ channel }) => channel);
    expect(channels).not.toContain('sms');
  });

  it('adds text messages when they were asked for', () => {
    expect(routesOf({ phone, kinds: { welcome: ['sms'] } }, 'welcome')).toContainEqual({
      channel: 'sms',
      suppressed: false,
    });
  });

  it('texts nobody without a number', () => {
    const channels = routesOf({ phone: null, kinds: { welcome: ['sms'] } }, 'welcome').map(
      ({ channel }) => channel,
    );
    expect(channels).not.toContain('sms');
  });

  it('leaves the other kinds alone', () => {
    const preferences = { phone: null, kinds: { 'order-shipped': [] } };
    expect(routesOf(preferences, 'order-confirmed').every(({ suppressed }) => !suppressed)).toBe(true);
  });
});

describe('turnedOff', () => {
  it('takes silence for no refusal, also for text messages', () => {
    expect(turnedOff(DEFAULT_PREFERENCES, 'welcome', 'sms')).toBe(false);
  });

  it('takes a choice without the channel for a refusal', () => {
    expect(turnedOff({ phone, kinds: { welcome: ['email'] } }, 'welcome', 'sms')).toBe(true);
    expect(turnedOff({ phone, kinds: { welcome: ['email'] } }, 'welcome', 'email')).toBe(false);
  });
});

describe('completed', () => {
  it('spells out every kind, with defaults where nothing was chosen', () => {
    const { kinds } = completed({ phone, kinds: { welcome: ['sms', 'email'], 'order-failed': [] } });
    expect(kinds.welcome).toEqual(['email', 'sms']);
    expect(kinds['order-failed']).toEqual([]);
    expect(kinds['order-confirmed']).toEqual(['email', 'websocket']);
  });
});

describe('lacksPhone', () => {
  it('is true only when something is to be texted', () => {
    expect(lacksPhone({ phone: null, kinds: { welcome: ['sms'] } })).toBe(true);
    expect(lacksPhone({ phone, kinds: { welcome: ['sms'] } })).toBe(false);
    expect(lacksPhone({ phone: null, kinds: { welcome: ['email'] } })).toBe(false);
  });
});
