/** Why a connection was closed, as clients see it. RFC 6455 leaves 4000 to 4999 to applications. */
export const CloseCode = {
  /** This process stops: connect again. */
  GOING_AWAY: 1001,
  /** Who you are cannot be found out at the moment: connect again later. */
  TRY_AGAIN_LATER: 1013,
  BAD_MESSAGE: 4400,
  /** The token is no good, or no longer: get another one, then connect again. */
  UNAUTHORIZED: 4401,
  /** The role does not allow what was asked for. */
  FORBIDDEN: 4403,
  AUTH_TIMEOUT: 4408,
  TOO_MANY_CONNECTIONS: 4429,
} as const;
