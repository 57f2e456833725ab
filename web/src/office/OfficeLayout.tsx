import './office.css';
import { Group, Stack } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { session } from '../api/client';
import { LinkButton } from '../components/links';
import { ForUsers } from '../components/states';
import { isAdmin, isStaff } from '../roles';
import { useStore } from '../store';
import { Refused } from './parts';
import { office } from './strings';

const { sections } = office;

/** Above all pages of the back office. The API refuses others too: this only says so earlier. */
export function OfficeLayout() {
  return (
    <ForUsers>
      <ForStaff />
    </ForUsers>
  );
}

function ForStaff() {
  const user = useStore(session);
  if (!isStaff(user)) return <Refused hint={office.staffOnlyHint} />;
  return (
    <Stack>
      <Group component="nav" aria-label={office.navigation} gap={4} className="office-nav">
        <LinkButton to="/office/orders" search={{}} variant="subtle" px="xs">
          {sections.orders}
        </LinkButton>
        <LinkButton to="/office/stock" search={{}} variant="subtle" px="xs">
          {sections.stock}
        </LinkButton>
        <LinkButton to="/office/payments" search={{}} variant="subtle" px="xs">
          {sections.payments}
        </LinkButton>
        <LinkButton to="/office/products" search={{}} variant="subtle" px="xs">
          {sections.products}
        </LinkButton>
        {isAdmin(user) && (
          <LinkButton to="/office/users" search={{}} variant="subtle" px="xs">
            {sections.users}
          </LinkButton>
        )}
      </Group>
      <Outlet />
    </Stack>
  );
}
