import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { client, session } from '../api/client';
import { Problem } from '../api/problem';
import type { components } from '../api/schema';
import { LinkButton } from '../components/links';
import { Failed, ForUsers, Heading, Loading, Refused } from '../components/states';
import { browserOf } from '../browser';
import { timeText } from '../format';
import { refetch, sessionsQuery } from '../queries';
import { useStore } from '../store';
import { strings } from '../strings';
import { Preferences } from './Preferences';

const { account } = strings;

export function AccountPage() {
  return (
    <ForUsers>
      <Account />
    </ForUsers>
  );
}

function Account() {
  const user = useStore(session);
  if (typeof user === 'string') return null;
  return (
    <Stack maw={720}>
      <Heading>{account.title}</Heading>
      <Text className="wrap">
        {user.name}, {user.email}
      </Text>
      <LinkButton to="/notifications" variant="default" style={{ alignSelf: 'start' }}>
        {strings.notifications.title}
      </LinkButton>
      <Preferences />
      <Sessions />
    </Stack>
  );
}

function Sessions() {
  const { data: sessions, error, refetch: again } = useQuery(sessionsQuery());
  return (
    <Card withBorder>
      <Stack gap="md">
        <Title order={2} size="h4">
          {account.sessions}
        </Title>
        {!sessions && error && <Failed error={error} retry={() => void again()} />}
        {!sessions && !error && <Loading />}
        {sessions?.map((each) => (
          <Session key={each.id} of={each} />
        ))}
      </Stack>
    </Card>
  );
}

function Session({
  of: { id, userAgent, address, lastUsedAt, current },
}: {
  of: components['schemas']['Session'];
}) {
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => client.DELETE('/api/v1/users/me/sessions/{id}', { params: { path: { id } } }),
    onSettled: () => refetch('sessions'),
  });
  const browser = browserOf(userAgent);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <div>
          <Text>{browser}</Text>
          <Text size="sm" c="dimmed">
            {[address, account.lastUsed(timeText(lastUsedAt))].filter(Boolean).join(', ')}
          </Text>
        </div>
        {current ? (
          <Badge variant="light" tt="none" size="lg">
            {account.thisOne}
          </Badge>
        ) : (
          <Button
            variant="default"
            loading={isPending}
            aria-label={account.endSessionNamed(browser)}
            onClick={() => mutate()}
          >
            {account.endSession}
          </Button>
        )}
      </Group>
      <Refused problem={error && Problem.of(error)} />
    </Stack>
  );
}
