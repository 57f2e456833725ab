import { Alert, Button, Center, Loader, Stack, Text, Title } from '@mantine/core';
import { Navigate, useRouterState } from '@tanstack/react-router';
import { Fragment, type PropsWithChildren, useEffect, useState } from 'react';
import { isStaff, session } from '../api/client';
import { Problem } from '../api/problem';
import { useStore } from '../store';
import { strings } from '../strings';
import { LinkButton } from './links';

export function Loading() {
  return (
    <Center py="xl" role="status" aria-label={strings.loading}>
      <Loader />
    </Center>
  );
}

/** What went wrong while something was fetched, with a way to try again. */
export function Failed({ error, retry, missing }: { error: unknown; retry: () => void; missing?: string }) {
  const problem = Problem.of(error);
  const isMissing = missing !== undefined && (problem.status === 404 || problem.status === 400);
  return (
    <Alert color={isMissing ? 'gray' : 'red'} role="alert">
      <Stack align="flex-start" gap="sm">
        <Text>{isMissing ? missing : problem.text}</Text>
        {isMissing ? (
          <LinkButton to="/" search={{}} variant="default">
            {strings.toProducts}
          </LinkButton>
        ) : (
          <Button variant="default" onClick={retry}>
            {strings.retry}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Why what somebody wanted to do was not done. */
export function Refused({ problem }: { problem: Problem | null }) {
  if (!problem) return null;
  return (
    <Alert color="red" role="alert" className="wrap">
      {problem.text}
    </Alert>
  );
}

/** The page's heading, also in the title of the window. */
export function Heading({ children }: { children: string }) {
  useEffect(() => {
    document.title = `${children} · ${strings.name}`;
  }, [children]);
  return (
    <Title order={1} size="h2" className="wrap">
      {children}
    </Title>
  );
}

/** Shows its content to those who are logged in; others log in, and come back. */
export function ForUsers({ children }: PropsWithChildren) {
  const user = useStore(session);
  const here = useRouterState({ select: ({ location }) => location.href });
  // While the next page is fetched this one is still there, at that page's address.
  const [next] = useState(here);
  if (user === 'unknown') return <Loading />;
  if (user === 'out') return <Navigate to="/login" search={{ next }} replace />;
  // Nothing of one person's is left on the screen of the next, however they followed each other.
  return <Fragment key={user.id}>{children}</Fragment>;
}

/** Shows its content to those who are not logged in; others are where they wanted to go already. */
export function ForGuests({ next, children }: PropsWithChildren<{ next: string | undefined }>) {
  const user = useStore(session);
  return typeof user === 'object' ? <Navigate to={next ?? '/'} replace /> : children;
}

/** Shows its content to staff. Who is none is told so: the API refuses them anyway. */
export function ForStaff({ admin = false, children }: PropsWithChildren<{ admin?: boolean }>) {
  const user = useStore(session);
  const isAllowed = typeof user === 'object' && (admin ? user.roles.includes('admin') : isStaff(user));
  return <ForUsers>{isAllowed ? children : <Alert color="gray">{strings.office.notYours}</Alert>}</ForUsers>;
}

/** Instead of a page that broke, or whose part could not be fetched. */
export function Broken() {
  return (
    <Alert color="red" role="alert">
      <Stack align="flex-start" gap="sm">
        <Text>{strings.broken}</Text>
        <Button variant="default" onClick={() => window.location.reload()}>
          {strings.reload}
        </Button>
      </Stack>
    </Alert>
  );
}

export function NotFound() {
  return (
    <Stack align="flex-start">
      <Heading>{strings.notFound}</Heading>
      <LinkButton to="/" search={{}} variant="default">
        {strings.toProducts}
      </LinkButton>
    </Stack>
  );
}
