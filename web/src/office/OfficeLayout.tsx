import './office.css';
import { Group } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { isAdmin, session } from '../api/client';
import { LinkButton } from '../components/links';
import { ForStaff } from '../components/states';
import { useStore } from '../store';
import { office } from './strings';

const { sections } = office;

/** Above all pages of the back office. */
export function OfficeLayout() {
  return (
    <ForStaff>
      <Sections />
      <Outlet />
    </ForStaff>
  );
}

function Sections() {
  const user = useStore(session);
  return (
    <Group component="nav" aria-label={office.navigation} gap={4} className="office-nav" mb="md">
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
      {typeof user === 'object' && isAdmin(user) && (
        <LinkButton to="/office/users" search={{}} variant="subtle" px="xs">
          {sections.users}
        </LinkButton>
      )}
    </Group>
  );
}
