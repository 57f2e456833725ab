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
import { isStaff, logOut, session, type User } from '../api/client';
import { Problem } from '../api/problem';
import { basket, countOf, emptyBasket } from '../basket';
import { connection } from '../live';
import { forgetOrder } from '../sent-order';
import { useStore } from '../store';
import { strings } from '../strings';
import { toast } from '../toast';
import { LinkButton, LinkTo } from './links';

export function Layout() {
  const main = useRef<HTMLDivElement>(null);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const shown = useRef(path);
  const live = useStore(connection);
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
        {live !== null && live !== 'up' && (
          <Alert color="yellow" mb="md" role="status">
            {strings.live[live]}
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
  return (
    <Box component="header" style={{ borderBottom: '1px solid var(--mantine-color-default-border)' }}>
      <Container size="lg" py="xs">
        <Group component="nav" aria-label={strings.navigation} gap={4}>
          <LinkTo to="/" search={{}} underline="never" fw={700} fz={{ base: 'lg', xs: 'xl' }} mr="auto">
            {strings.name}
          </LinkTo>
          {typeof user === 'object' && <UserLinks user={user} />}
          {user === 'out' && <LogIn />}
          <ColorSchemeSwitch />
          <BasketLink />
        </Group>
      </Container>
    </Box>
  );
}

function UserLinks({ user }: { user: User }) {
  const navigate = useNavigate();
  const leave = async () => {
    try {
      await logOut();
      // Whoever comes next to this browser need not know what was wanted in it.
      emptyBasket();
      forgetOrder();
      await navigate({ to: '/', search: {} });
    } catch (error) {
      const { text } = Problem.of(error);
      toast({ id: 'still-in', title: strings.account.stillIn, message: text, color: 'red' });
    }
  };
  return (
    <Group className="user-links" gap={4}>
      <LinkButton to="/orders" variant="subtle" px="xs">
        {strings.orders.title}
      </LinkButton>
      {isStaff(user) && (
        <>
          <LinkButton to="/office/orders" search={{}} variant="subtle" px="xs">
            {strings.office.title}
          </LinkButton>
          <LinkButton to="/operations" variant="subtle" px="xs">
            {strings.operations}
          </LinkButton>
        </>
      )}
      <LinkButton to="/account" variant="subtle" px="xs">
        {strings.account.title}
      </LinkButton>
      <Button variant="subtle" px="xs" onClick={() => void leave()}>
        {strings.account.logOut}
      </Button>
    </Group>
  );
}

/** Back to this page afterwards. */
function LogIn() {
  const { pathname, href } = useRouterState({ select: ({ location }) => location });
  const isStart = href === '/' || pathname === '/login' || pathname === '/register';
  return (
    <LinkButton to="/login" search={isStart ? {} : { next: href }} variant="subtle" px="xs">
      {strings.account.logIn}
    </LinkButton>
  );
}

function BasketLink() {
  const count = countOf(useStore(basket));
  return (
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
