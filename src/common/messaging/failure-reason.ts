import { ZodError } from 'zod';

const LONGEST = 1000;
const MOST_ISSUES = 5;

/** Why a delivery failed, in a line that is kept with the event and read by people: `ZodError: orderId: Invalid UUID`. */
export function failureReason(error: unknown): string {
  if (error instanceof ZodError) {
    const issues = error.issues.map(({ path, message }) => `${path.join('.') || 'event'}: ${message}`);
    const more = issues.length > MOST_ISSUES ? ` and ${issues.length - MOST_ISSUES} more` : '';
    return `ZodError: ${issues.slice(0, MOST_ISSUES).join('; ')}${more}`.slice(0, LONGEST);
  }
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, LONGEST);
}
