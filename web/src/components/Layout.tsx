import {
  ActionIcon,
  Alert,
  Box,
  Button,
  Container,
  Group,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
  VisuallyHidden,
} from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { isStaff, logOut, session } from '../api/client';
import { basket, countOf } from '../basket';
import { connected } from '../live';
import { useStore } from '../store';
import { strings } from '../strings';
import { LinkButton, LinkTo } from './links';

export function Layout() {
  const main = useRef<HTMLDivElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const shown = useRef(path);
  const isLost = useStore(connected) === false;
  useEffect(() => {
    // As a browser does with a new page: whoever reads by keyboard or ear starts at its beginning.
    if (shown.current !== path) main.current?.focus({ preventScroll: true });
    shown.current = path;
  }, [path]);
  return (
    <>
      <a className="skip" href="#main">
        {strings.skip}
      </a>
      <Header />
      <Container size="lg" py="lg" component="main" id="main" ref={main} tabIndex={-1}>
        {isLost && (
          <Alert color="yellow" mb="md" role="status">
            {strings.live.lost}
          </Alert>
        )}
        <Outlet />
      </Container>
      <Notifications position="bottom-right" />
    </>
  );
}

function Header() {
  const user = useStore(session);
  const count = countOf(useStore(basket));
  const navigate = useNavigate();
  const leave = async () => {
    await logOut();
    await navigate({ to: '/', search: {} });
  };
  return (
    <Box component="header" style={{ borderBottom: '1px solid var(--mantine-color-default-border)' }}>
      <Container size="lg" py="xs">
        <Group component="nav" aria-label={strings.navigation} justify="space-between" gap="xs">
          <LinkTo to="/" search={{}} underline="never" fw={700} size="xl">
            {strings.name}
          </LinkTo>
          <Group gap={4}>
            <ColorSchemeSwitch />
            {typeof user === 'object' && (
              <>
                <LinkButton to="/orders" variant="subtle" px="xs">
                  {strings.orders.title}
                </LinkButton>
                {isStaff(user) && (
                  <LinkButton to="/office" variant="subtle" px="xs">
                    {strings.office}
                  </LinkButton>
                )}
                {isStaff(user) && (
                  <LinkButton to="/operations" variant="subtle" px="xs">
                    {strings.operations}
                  </LinkButton>
                )}
                <LinkButton to="/account" variant="subtle" px="xs">
                  {strings.account.title}
                </LinkButton>
                <Button variant="subtle" px="xs" onClick={() => void leave()}>
                  {strings.account.logOut}
                </Button>
              </>
            )}
            {user === 'out' && (
              <LinkButton to="/login" search={{}} variant="subtle" px="xs">
                {strings.account.logIn}
              </LinkButton>
            )}
            <LinkButton to="/basket" variant={count > 0 ? 'filled' : 'default'} px="sm">
              {strings.basket.title}
              {count > 0 && (
                <>
                  {' '}
                  <Text component="span" ml={6} fw={700}>
                    {count}
                  </Text>{' '}
                  <VisuallyHidden>{strings.basket.items(count)}</VisuallyHidden>
                </>
              )}
            </LinkButton>
          </Group>
        </Group>
      </Container>
    </Box>
  );
}

function ColorSchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const other = useComputedColorScheme('light') === 'light' ? 'dark' : 'light';
  return (
    <ActionIcon
      variant="subtle"
      size="lg"
      aria-label={strings.colorScheme[other]}
      onClick={() => setColorScheme(other)}
    >
      <svg
        width="18"
        height="18"
        viewBox="0 0 24 24"
        aria-hidden
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
      >
        <circle cx="12" cy="12" r="9" />
        <path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor" />
      </svg>
    </ActionIcon>
  );
}
