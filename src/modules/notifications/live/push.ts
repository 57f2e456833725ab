/** A message for open connections. */
export interface Push {
  /** `orders.confirmed`. */
  type: string;
  data: unknown;
  /** Its owner, or null when it is nobody's. */
  userId: string | null;
  /** Whether all staff see it too. */
  staff: boolean;
}
