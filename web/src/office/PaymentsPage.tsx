import { NativeSelect, Stack, Table } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { LinkTo } from '../components/links';
import { Heading } from '../components/states';
import { moneyText, timeText } from '../format';
import type { Payment } from '../queries';
import { strings } from '../strings';
import { ListState } from './ListState';
import { officePaymentsQuery } from './queries';

const { office, orders } = strings;
const STATUSES = Object.entries(orders.payments).map(([value, label]) => ({ value, label }));

export function PaymentsPage() {
  const { status } = useSearch({ from: '/office/payments' });
  const query = useInfiniteQuery(officePaymentsQuery(status));
  const payments = query.data?.pages.flatMap((page) => page.data);
  const navigate = useNavigate();
  return (
    <Stack>
      <Heading>{office.payments.title}</Heading>
      <NativeSelect
        label={office.orders.status}
        maw={280}
        data={[{ value: '', label: office.all }, ...STATUSES]}
        value={status ?? ''}
        onChange={({ currentTarget: { value } }) =>
          void navigate({
            to: '/office/payments',
            search: value ? { status: value as Payment['status'] } : {},
          })
        }
      />
      {payments && payments.length > 0 && (
        <Table.ScrollContainer minWidth={560}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{office.when}</Table.Th>
                <Table.Th>{office.payments.amount}</Table.Th>
                <Table.Th>{office.payments.refunded}</Table.Th>
                <Table.Th>{office.orders.status}</Table.Th>
                <Table.Th>{office.payments.order}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {payments.map(({ id, orderId, amount, refunded, status: state, createdAt }) => (
                <Table.Tr key={id}>
                  <Table.Td>{timeText(createdAt)}</Table.Td>
                  <Table.Td>{moneyText(amount)}</Table.Td>
                  <Table.Td>{refunded.amount > 0 && moneyText(refunded)}</Table.Td>
                  <Table.Td>{orders.payments[state]}</Table.Td>
                  <Table.Td>
                    <LinkTo to="/office/orders/$id" params={{ id: orderId }}>
                      {office.payments.look}
                    </LinkTo>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ListState count={payments?.length} none={office.payments.none} query={query} />
    </Stack>
  );
}
