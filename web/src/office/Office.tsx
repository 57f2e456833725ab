import './office.css';
import { Box, Group } from '@mantine/core';
import { Outlet } from '@tanstack/react-router';
import { session } from '../api/client';
import { LinkButton } from '../components/links';
import { ForStaff } from '../components/states';
import { useStore } from '../store';
import { strings } from '../strings';

const { office } = strings;

/** The frame of the back office: its sections, and the one that is open. */
export function Office() {
  return (
    <ForStaff>
      <Sections />
      <Outlet />
    </ForStaff>
  );
}

function Sections() {
  const user = useStore(session);
  const isAdmin = typeof user === 'object' && user.roles.includes('admin');
  // The open one says so to those who cannot see it.
  const props = { variant: 'default', activeProps: { 'aria-current': 'page', variant: 'light' } } as const;
  return (
    <Box component="nav" aria-label={office.sections} mb="md">
      <Group gap="xs">
        <LinkButton to="/office/orders" search={{}} activeOptions={{ includeSearch: false }} {...props}>
          {office.orders.title}
        </LinkButton>
        <LinkButton to="/office/stock" search={{}} activeOptions={{ includeSearch: false }} {...props}>
          {office.stock.title}
        </LinkButton>
        <LinkButton to="/office/payments" search={{}} activeOptions={{ includeSearch: false }} {...props}>
          {office.payments.title}
        </LinkButton>
        <LinkButton to="/office/products" search={{}} activeOptions={{ includeSearch: false }} {...props}>
          {office.products.title}
        </LinkButton>
        {isAdmin && (
          <LinkButton to="/office/users" search={{}} activeOptions={{ includeSearch: false }} {...props}>
            {office.users.title}
          </LinkButton>
        )}
      </Group>
    </Box>
  );
}
