import { Badge } from '@mantine/core';
import type { Order } from '../queries';
import { strings } from '../strings';

const COLORS: Record<Order['status'], string> = {
  pending: 'yellow',
  confirmed: 'teal',
  processing: 'blue',
  shipped: 'blue',
  delivered: 'teal',
  failed: 'red',
  cancelled: 'gray',
};

export function StatusBadge({ status }: { status: Order['status'] }) {
  return (
    <Badge className="badge" variant="light" color={COLORS[status]} tt="none" size="lg">
      {strings.orders.status[status]}
    </Badge>
  );
}
