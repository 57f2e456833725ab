/** What people can be told. Each kind has a template of the same name. */
export const KINDS = [
  'order-confirmed',
  'order-failed',
  'order-shipped',
  'order-delivered',
  'order-cancelled',
  'payment-refunded',
  'welcome',
] as const;

export type Kind = (typeof KINDS)[number];

export const CHANNELS = ['email', 'sms', 'websocket'] as const;
export type Channel = (typeof CHANNELS)[number];

/** `template` of a notification whose text was written by hand. */
export const BY_HAND = 'custom';
