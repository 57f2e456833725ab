import { Badge } from '@mantine/core';
import { strings } from '../strings';
import type { Column } from './List';
import type { Stock } from './queries';

const { stock: text } = strings.office;

export type Levels = Pick<Stock, 'onHand' | 'reserved' | 'available'>;

export const LEVELS: Column<Levels>[] = [
  { head: text.onHand, cell: ({ onHand }) => onHand, figures: true },
  { head: text.reserved, cell: ({ reserved }) => reserved, figures: true, from: 'xs' },
  { head: text.available, cell: ({ available }) => available, figures: true },
];

export function LowBadge({ stock: { available, lowStockThreshold } }: { stock: Stock }) {
  if (available > lowStockThreshold) return null;
  return (
    <Badge color="yellow" variant="light" tt="none" className="badge">
      {text.lowBadge}
    </Badge>
  );
}
