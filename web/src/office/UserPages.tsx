import {
  Alert,
  Button,
  Card,
  Checkbox,
  Group,
  NativeSelect,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client, session } from '../api/client';
import { LinkTo } from '../components/links';
import { Failed, ForStaff, Heading, Loading } from '../components/states';
import { timeText } from '../format';
import { got, queryClient, refetch } from '../queries';
import { Pages, Refusal, SearchBox, useAction } from './parts';
import { type User, userQuery, usersQuery } from './queries';
import { useStore } from '../store';
import { office } from './strings';

const { users: texts } = office;
const ROLES = ['customer', 'staff', 'admin'] as const;
const STATUSES = ['active', 'suspended'] as const;

export function UsersPage() {
  return (
    <ForStaff admin>
      <Users />
    </ForStaff>
  );
}

function Users() {
  const { q } = useSearch({ from: '/office/users' });
  const navigate = useNavigate({ from: '/office/users' });
  const list = useInfiniteQuery(usersQuery(q ? { q } : {}));
  return (
    <Stack>
      <Heading>{texts.title}</Heading>
      <SearchBox
        label={texts.find}
        value={q ?? ''}
        onSearch={(text) => void navigate({ search: { q: text || undefined }, replace: true })}
      />
      <Pages list={list} empty={office.nothingFound}>
        {(rows) => (
          <Table className="office-table">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{texts.name}</Table.Th>
                <Table.Th>{texts.roles}</Table.Th>
                <Table.Th visibleFrom="xs">{texts.status}</Table.Th>
                <Table.Th visibleFrom="sm">{texts.since}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ id, name, email, roles, status, createdAt }) => (
                <Table.Tr key={id}>
                  <Table.Td>
                    <LinkTo to="/office/users/$id" params={{ id }} fw={600}>
                      {name}
                    </LinkTo>
                    <Text size="xs" c="dimmed">
                      {email}
                    </Text>
                  </Table.Td>
                  <Table.Td>{roles.map((role) => texts.role[role]).join(', ')}</Table.Td>
                  <Table.Td visibleFrom="xs">{texts.statuses[status]}</Table.Td>
                  <Table.Td visibleFrom="sm">{timeText(createdAt)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Pages>
    </Stack>
  );
}

export function UserPage() {
  return (
    <ForStaff admin>
      <Fetched />
    </ForStaff>
  );
}

function Fetched() {
  const { id } = useParams({ from: '/office/users/$id' });
  const { data: user, error, refetch: again } = useQuery(userQuery(id));
  if (user) return <UserForm key={id} user={user} />;
  if (error) return <Failed error={error} retry={() => void again()} missing={texts.unknown} />;
  return <Loading />;
}

function UserForm({ user }: { user: User }) {
  const { id } = user;
  const me = useStore(session);
  // Nobody takes their own roles away by a slip.
  const isMe = typeof me === 'object' && me.id === id;
  const [draft, setDraft] = useState(user);
  const [saved, setSaved] = useState(false);
  const { busy, problem, run } = useAction();
  const set = (change: Partial<User>) => setDraft((before) => ({ ...before, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSaved(false);
    const { email, name, roles, status } = draft;
    void run(async () => {
      const params = { path: { id } };
      // Roles and state end sessions: they are sent only when they are meant.
      const isSame = status === user.status && roles.toSorted().join() === user.roles.toSorted().join();
      const body = { email, name, ...(isSame ? {} : { roles, status }) };
      const { data } = await client.PUT('/api/v1/users/{id}', { params, body });
      const after = got(data);
      queryClient.setQueryData(userQuery(id).queryKey, after);
      setDraft(after);
      setSaved(true);
      refetch(['office', 'users']);
    });
  };
  const fields = problem?.fields ?? {};
  return (
    <Stack>
      <Heading>{user.name}</Heading>
      <LinkTo to="/office/orders" search={{ user: id }}>
        {texts.orders}
      </LinkTo>
      <Card withBorder maw={640}>
        <form onSubmit={submit}>
          <Stack>
            <Refusal problem={problem} />
            {saved && (
              <Alert color="teal" role="status">
                {office.saved}
              </Alert>
            )}
            <TextInput
              label={texts.name}
              value={draft.name}
              maxLength={100}
              error={fields['name']}
              onChange={({ currentTarget }) => set({ name: currentTarget.value })}
              required
            />
            <TextInput
              type="email"
              label={texts.email}
              value={draft.email}
              error={fields['email']}
              onChange={({ currentTarget }) => set({ email: currentTarget.value })}
              required
            />
            <Checkbox.Group
              label={texts.roles}
              description={isMe ? texts.notYourOwn : texts.hint}
              value={draft.roles}
              error={draft.roles.length === 0 ? texts.atLeastOne : fields['roles']}
              onChange={(roles) => set({ roles: ROLES.filter((role) => roles.includes(role)) })}
            >
              <Group mt="xs">
                {ROLES.map((role) => (
                  <Checkbox key={role} value={role} label={texts.role[role]} disabled={isMe} />
                ))}
              </Group>
            </Checkbox.Group>
            <NativeSelect
              label={texts.status}
              disabled={isMe}
              value={draft.status}
              data={STATUSES.map((value) => ({ value, label: texts.statuses[value] }))}
              onChange={({ currentTarget: { value } }) =>
                set({ status: STATUSES.find((each) => each === value) ?? 'active' })
              }
            />
            <Group>
              <Button type="submit" loading={busy} disabled={draft.roles.length === 0}>
                {office.save}
              </Button>
            </Group>
          </Stack>
        </form>
      </Card>
    </Stack>
  );
}
