import { Button, Card, Checkbox, Group, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import type { components } from '../api/schema';
import { fieldOf } from '../components/delivery';
import { Failed, Loading, Refused } from '../components/states';
import { preferencesQuery, queryClient } from '../queries';
import { strings } from '../strings';

type Chosen = components['schemas']['NotificationPreferences'];
type Kind = keyof Chosen['kinds'];

const KINDS = Object.keys(strings.preferences.kinds) as Kind[];
const CHANNELS = ['email', 'sms', 'websocket'] as const;

/** Which kinds of news reach somebody, by which way. */
export function Preferences() {
  const { data: chosen, error, refetch } = useQuery(preferencesQuery());
  return (
    <Card withBorder>
      <Stack gap="md">
        <Title order={2} size="h4">
          {strings.preferences.title}
        </Title>
        {!chosen && error && <Failed error={error} retry={() => void refetch()} />}
        {!chosen && !error && <Loading />}
        {chosen && <Form chosen={chosen} />}
      </Stack>
    </Card>
  );
}

function Form({ chosen }: { chosen: Chosen }) {
  const { mutate, error, isPending, isSuccess } = useMutation({
    mutationFn: (body: Chosen) => client.PUT('/api/v1/notifications/preferences', { body }),
    onSuccess: ({ data }) => queryClient.setQueryData(preferencesQuery().queryKey, data),
  });
  const problem = error && Problem.of(error);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const channelsOf = (kind: Kind) => CHANNELS.filter((channel) => form.getAll(kind).includes(channel));
    const kinds = Object.fromEntries(KINDS.map((kind) => [kind, channelsOf(kind)])) as Chosen['kinds'];
    mutate({ phone: fieldOf(form, 'phone') || null, kinds });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Table.ScrollContainer minWidth={300}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{strings.preferences.kind}</Table.Th>
                {CHANNELS.map((channel) => (
                  <Table.Th key={channel} scope="col">
                    {strings.notifications.channel[channel]}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {KINDS.map((kind) => (
                <Row key={kind} kind={kind} channels={chosen.kinds[kind]} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        <TextInput
          name="phone"
          type="tel"
          autoComplete="tel"
          label={strings.preferences.phone}
          description={strings.preferences.phoneHint}
          defaultValue={chosen.phone ?? ''}
          error={problem?.fields['phone']}
        />
        <Refused problem={problem} />
        <Group>
          <Button type="submit" loading={isPending}>
            {strings.save}
          </Button>
          <Text role="status">{isSuccess && !isPending ? strings.saved : ''}</Text>
        </Group>
      </Stack>
    </form>
  );
}

function Row({ kind, channels }: { kind: Kind; channels: Chosen['kinds'][Kind] }) {
  const name = strings.preferences.kinds[kind];
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        {name}
      </Table.Th>
      {CHANNELS.map((channel) => (
        <Table.Td key={channel}>
          <Checkbox
            name={kind}
            value={channel}
            defaultChecked={channels.includes(channel)}
            aria-label={strings.preferences.by(name, strings.notifications.channel[channel])}
          />
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
