import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { components } from '../api/schema';
import { LinkTo } from '../components/links';
import { Failed, ForUsers, Heading, Loading } from '../components/states';
import { timeText } from '../format';
import { notificationsQuery } from '../queries';
import { strings } from '../strings';

export function NotificationsPage() {
  return (
    <ForUsers>
      <Notifications />
    </ForUsers>
  );
}

function Notifications() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    notificationsQuery(),
  );
  const all = data?.pages.flatMap((page) => page.data);
  return (
    <Stack maw={720}>
      <Heading>{strings.notifications.title}</Heading>
      {!all && error && <Failed error={error} retry={() => void refetch()} />}
      {!all && !error && <Loading />}
      {all?.length === 0 && <Text>{strings.notifications.none}</Text>}
      {all?.map((each) => (
        <Notification key={each.id} of={each} />
      ))}
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {strings.more}
        </Button>
      )}
    </Stack>
  );
}

function Notification({
  of: { subject, body, type, status, orderId, createdAt },
}: {
  of: components['schemas']['Notification'];
}) {
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h5" className="wrap">
            {subject}
          </Title>
          <Badge variant="light" tt="none" color={status === 'failed' ? 'red' : 'gray'}>
            {strings.notifications.channel[type]}, {strings.notifications.status[status]}
          </Badge>
        </Group>
        <Text className="wrap">{body}</Text>
        <Text size="sm" c="dimmed">
          {timeText(createdAt)}
          {orderId && (
            <>
              {' · '}
              <LinkTo to="/orders/$id" params={{ id: orderId }}>
                {strings.notifications.order}
              </LinkTo>
            </>
          )}
        </Text>
      </Stack>
    </Card>
  );
}
