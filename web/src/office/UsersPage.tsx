import { Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { client, session, type User } from '../api/client';
import { Problem } from '../api/problem';
import { LinkTo } from '../components/links';
import { ForStaff, Heading, Refused } from '../components/states';
import { refetch } from '../queries';
import { useStore } from '../store';
import { strings } from '../strings';
import { FilterForm } from './FilterForm';
import { type Column, List } from './List';
import { usersQuery } from './queries';

const { office } = strings;
const { users: text } = office;
const ROLES = Object.keys(text.role) as (keyof typeof text.role)[];

export function UsersPage() {
  return (
    <ForStaff admin>
      <Users />
    </ForStaff>
  );
}

const COLUMNS: Column<User>[] = [
  {
    head: office.products.name,
    cell: ({ id, name, email }) => (
      <>
        <LinkTo to="/office/orders" search={{ userId: id }} aria-label={text.ordersOf(name)}>
          {name}
        </LinkTo>
        <Text size="xs" c="dimmed">
          {email}
        </Text>
      </>
    ),
  },
  { head: text.standing, cell: (user) => <Standing user={user} /> },
];

function Users() {
  const { q } = useSearch({ from: '/office/users' });
  const query = useInfiniteQuery(usersQuery(q));
  const navigate = useNavigate();
  return (
    <Stack>
      <Heading>{text.title}</Heading>
      <FilterForm
        values={{ q }}
        search={(values) => void navigate({ to: '/office/users', search: { q: values.q } })}
      >
        <TextInput name="q" type="search" label={text.searchHint} maxLength={100} w={240} />
      </FilterForm>
      <Text c="dimmed" size="sm">
        {text.hint}
      </Text>
      <List query={query} none={text.none} keyOf={({ id }) => id} columns={COLUMNS} />
    </Stack>
  );
}

/** What is ticked is changed at once. Nobody takes their own roles away by a slip. */
function Standing({ user: { id, name, roles, status } }: { user: User }) {
  const me = useStore(session);
  const isMe = typeof me === 'object' && me.id === id;
  const { mutate, error, isPending } = useMutation({
    mutationFn: (body: Partial<Pick<User, 'roles' | 'status'>>) =>
      client.PUT('/api/v1/users/{id}', { params: { path: { id } }, body }),
    onSettled: () => refetch('office'),
  });
  return (
    <>
      <Group gap="md">
        {ROLES.map((role) => {
          const has = roles.includes(role);
          return (
            <Checkbox
              key={role}
              label={text.role[role]}
              aria-label={text.of(text.role[role], name)}
              checked={has}
              disabled={isMe || isPending || (has && roles.length === 1)}
              onChange={() =>
                mutate({ roles: has ? roles.filter((each) => each !== role) : [...roles, role] })
              }
            />
          );
        })}
        <Checkbox
          label={text.suspended}
          aria-label={text.of(text.suspended, name)}
          color="red"
          checked={status === 'suspended'}
          disabled={isMe || isPending}
          onChange={() => mutate({ status: status === 'suspended' ? 'active' : 'suspended' })}
        />
      </Group>
      <Refused problem={error && Problem.of(error)} />
    </>
  );
}
