/** The command line makes no sense. */
export class UsageError extends Error {}

/** What was asked for could not be done. The message says why, and what to do. */
export class Failure extends Error {
  constructor(
    message: string,
    /** Of the problem that the server answered. */
    readonly code?: string,
  ) {
    super(message);
  }
}
