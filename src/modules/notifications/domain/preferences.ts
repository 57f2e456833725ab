import { CHANNELS, type Channel, KINDS, type Kind } from './kinds.js';

/** What a user chose. A kind left out goes by the default channels. */
export interface Preferences {
  /** E.164, or null when none was given: then nothing is ever texted. */
  phone: string | null;
  kinds: Partial<Record<Kind, readonly Channel[]>>;
}

/** A channel by which a kind goes out, or would, had the user not turned it off. */
export interface Route {
  channel: Channel;
  suppressed: boolean;
}

export const DEFAULT_CHANNELS: readonly Channel[] = ['email', 'websocket'];
export const DEFAULT_PREFERENCES: Preferences = { phone: null, kinds: {} };

/**
 * By which channels a kind reaches a user. A default channel that the user turned off is told as suppressed;
 * a channel that was never on is not mentioned at all.
 */
export function routesOf(preferences: Preferences, kind: Kind): Route[] {
  const chosen = preferences.kinds[kind] ?? DEFAULT_CHANNELS;
  return CHANNELS.flatMap((channel): Route[] => {
    if (chosen.includes(channel)) {
      return channel === 'sms' && preferences.phone === null ? [] : [{ channel, suppressed: false }];
    }
    return DEFAULT_CHANNELS.includes(channel) ? [{ channel, suppressed: true }] : [];
  });
}

/** Whether the user has turned this kind off on this channel; having said nothing is no refusal. */
export function turnedOff(preferences: Preferences, kind: Kind, channel: Channel): boolean {
  const chosen = preferences.kinds[kind];
  return chosen !== undefined && !chosen.includes(channel);
}

/** The preferences with every kind spelt out, channels in their usual order and each once. */
export function completed(preferences: Preferences): {
  phone: string | null;
  kinds: Record<Kind, Channel[]>;
} {
  const kinds = Object.fromEntries(
    KINDS.map((kind) => {
      const chosen = preferences.kinds[kind] ?? DEFAULT_CHANNELS;
      return [kind, CHANNELS.filter((channel) => chosen.includes(channel))];
    }),
  ) as Record<Kind, Channel[]>;
  return { phone: preferences.phone, kinds };
}

/** True when something is to be texted and there is no number to text it to. */
export function lacksPhone({ phone, kinds }: Preferences): boolean {
  return phone === null && Object.values(kinds).some((channels) => channels.includes('sms'));
}
